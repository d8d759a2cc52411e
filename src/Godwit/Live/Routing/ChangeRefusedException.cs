using System.Globalization;
using Godwit.Protocol;

namespace Godwit.Live.Routing;

/// <summary>The source did something that cannot be done at the target as well. All before it is there.</summary>
internal sealed class ChangeRefusedException(string command, long offset, string reason)
    : GodwitException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"The source ran {command} (offset {offset}), which is not passed on: {reason}"
        ),
        WayOut
    )
{
    /// <summary>What its user can do.</summary>
    public const string WayOut =
        "All changes before it are at the target. Do there what it did, forget the job (godwit status --forget), and copy anew with --on-existing replace.";

    /// <summary>Bytes of the stream up to and with it.</summary>
    public long Offset { get; } = offset;
}
