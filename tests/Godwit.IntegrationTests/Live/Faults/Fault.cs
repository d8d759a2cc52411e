using System.Globalization;

namespace Godwit.IntegrationTests.Live.Faults;

/// <summary>One fault of a run.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="CommandsBefore">So many commands of the load after the one before.</param>
/// <param name="AtAnyMoment">It does not wait until changes are passed on: a start or a snapshot may be hit.</param>
/// <param name="AtSource">Where it can be either: it strikes the source's side.</param>
/// <param name="Lasts">What lasts a while lasts so long.</param>
/// <param name="Bytes">What strikes midway strikes after so many bytes.</param>
internal sealed record Fault(
    FaultKind Kind,
    int CommandsBefore,
    bool AtAnyMoment,
    bool AtSource,
    TimeSpan Lasts,
    int Bytes
)
{
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Kind} after {CommandsBefore} commands{(AtAnyMoment ? " at any moment" : "")}, {(AtSource ? "source" : "target")}, {Lasts.TotalMilliseconds:F0} ms, {Bytes} bytes"
        );
}
