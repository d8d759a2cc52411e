using Godwit.Verification.Differences;
using Godwit.Verification.Pairs;

namespace Godwit.Verification;

/// <summary>Compares function libraries, which are the servers' and belong to no database.</summary>
internal sealed class FunctionComparison(SidePair sides)
{
    /// <summary>A library that differs.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Kind">In what.</param>
    /// <param name="Code">The source's code; null where it has none.</param>
    public sealed record FunctionDifference(string Name, DifferenceKind Kind, byte[]? Code);

    /// <summary>Compares all.</summary>
    /// <returns>How many the source has, and those that differ.</returns>
    public async Task<(long Compared, IReadOnlyList<FunctionDifference> Different)> CompareAsync(
        CancellationToken cancellationToken
    )
    {
        var ours = await sides.SourceFunctionsAsync(cancellationToken).ConfigureAwait(false);
        var theirs = await sides.TargetFunctionsAsync(cancellationToken).ConfigureAwait(false);
        var different = new List<FunctionDifference>();
        foreach (var (name, code) in ours)
        {
            if (!theirs.TryGetValue(name, out var other))
                different.Add(new FunctionDifference(name, DifferenceKind.Missing, code));
            else if (!code.AsSpan().SequenceEqual(other))
                different.Add(new FunctionDifference(name, DifferenceKind.Value, code));
        }

        foreach (var name in theirs.Keys.Where(name => !ours.ContainsKey(name)))
            different.Add(new FunctionDifference(name, DifferenceKind.Extra, null));
        return (ours.Count, different);
    }
}
