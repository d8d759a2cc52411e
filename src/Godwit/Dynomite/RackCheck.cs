using System.Globalization;

namespace Godwit.Dynomite;

/// <summary>
/// Finds out whether a rack's tokens cover the ring. Whatever tokens a rack has, they divide the whole ring, so that a missing
/// node cannot be seen by looking at one rack: it is found by comparison with the others, which hold the same data.
/// </summary>
internal static class RackCheck
{
    // As many tokens as another rack has, spread as unevenly as hand-made ones are, stay below this share of the even one.
    private const double TooWide = 1.5;

    /// <summary>What is wrong with a rack, each a clause for a message; empty if it holds the whole ring.</summary>
    /// <param name="rack">The rack.</param>
    /// <param name="all">All racks of the cluster.</param>
    public static IReadOnlyList<string> FindFaults(DynomiteRack rack, IReadOnlyList<DynomiteRack> all) =>
        [.. FindDoubled(rack), .. FindGaps(rack, all)];

    private static IEnumerable<string> FindDoubled(DynomiteRack rack) =>
        rack
            .Nodes.SelectMany(node => node.Tokens, (node, token) => (node, token))
            .GroupBy(owner => owner.token, owner => owner.node)
            .Where(owners => owners.Count() > 1)
            .OrderBy(owners => owners.Key)
            .Select(owners =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"token {owners.Key} belongs to more than one node: {string.Join(", ", owners.Distinct())}"
                )
            );

    private static IEnumerable<string> FindGaps(DynomiteRack rack, IReadOnlyList<DynomiteRack> all)
    {
        var gaps = new Dictionary<TokenRange, DynomiteRack>();
        foreach (var other in all.Where(other => other != rack))
        {
            foreach (var gap in MissingOf(rack, other).Concat(TooWideBeside(rack, other)))
                gaps.TryAdd(gap, other);
        }

        // Of two racks that show the same gap the narrower range says more.
        return gaps.Where(gap => !gaps.Keys.Any(narrower => IsWithin(narrower, gap.Key)))
            .OrderBy(gap => gap.Key.UpTo)
            .Select(gap => $"there is a gap in its tokens: {gap.Key} has no node of its own, as it has in {gap.Value}");
    }

    // A rack that has nothing but tokens of another one, and not all of them, lacks the nodes of the others.
    private static IEnumerable<TokenRange> MissingOf(DynomiteRack rack, DynomiteRack other)
    {
        var present = rack.Tokens.ToHashSet();
        return other.Tokens.Count > present.Count && present.IsSubsetOf(other.Tokens)
            ? TokenRange.Between(other.Tokens).Where(range => !present.Contains(range.UpTo))
            : [];
    }

    // Racks of one datacenter divide the ring alike, though not always by the same tokens.
    private static IEnumerable<TokenRange> TooWideBeside(DynomiteRack rack, DynomiteRack other)
    {
        if (other.Datacenter != rack.Datacenter || other.Tokens.Count < rack.Tokens.Count)
            return [];

        var widest = TooWide * TokenRange.Ring / other.Tokens.Count;
        return TokenRange
            .Between(rack.Tokens)
            .Where(range => range.Length >= widest && other.Tokens.Any(range.IsCutBy));
    }

    private static bool IsWithin(TokenRange narrower, TokenRange wider) =>
        narrower != wider
        && narrower.Length < wider.Length
        && (narrower.After == wider.After || wider.IsCutBy(narrower.After))
        && (narrower.UpTo == wider.UpTo || wider.IsCutBy(narrower.UpTo));
}
