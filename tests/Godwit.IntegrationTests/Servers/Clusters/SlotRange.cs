using System.Globalization;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>Neighbouring hash slots, both ends included.</summary>
internal readonly record struct SlotRange(int First, int Last)
{
    /// <summary>How many slots a cluster has.</summary>
    public const int AllSlots = 16_384;

    public static SlotRange All { get; } = new(0, AllSlots - 1);

    public IEnumerable<int> Slots => Enumerable.Range(First, Last - First + 1);

    public static SlotRange Parse(string text)
    {
        var ends = text.Split('-');
        return new(int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
    }

    public bool Contains(int slot) => First <= slot && slot <= Last;
}
