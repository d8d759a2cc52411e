namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>Which primary has which slots at the start: one list of ranges for each primary.</summary>
internal static class SlotDivision
{
    // One slot, a few, many: in pieces as they are after years of moving slots about.
    private static readonly int[] UnevenSizes = [1, 700, 50, 2500, 3, 1200, 333];

    /// <summary>As <c>redis-cli --cluster create</c> does it: one range for each, all about the same.</summary>
    public static IReadOnlyList<IReadOnlyList<SlotRange>> Even(int primaries) =>
        [
            .. Enumerable
                .Range(0, primaries)
                .Select(i => (IReadOnlyList<SlotRange>)[new(Edge(i, primaries), Edge(i + 1, primaries) - 1)]),
        ];

    /// <summary>Many ranges of very different sizes for each, so that no range of an even division stays whole.</summary>
    public static IReadOnlyList<IReadOnlyList<SlotRange>> Uneven(int primaries)
    {
        var shares = Enumerable.Range(0, primaries).Select(_ => new List<SlotRange>()).ToArray();
        var first = 0;
        for (var i = 0; first < SlotRange.AllSlots; i++)
        {
            var last = Math.Min(first + UnevenSizes[i % UnevenSizes.Length], SlotRange.AllSlots) - 1;
            shares[i % primaries].Add(new(first, last));
            first = last + 1;
        }

        return shares;
    }

    private static int Edge(int i, int primaries) => SlotRange.AllSlots * i / primaries;
}
