namespace Godwit.Connections.Topology;

/// <summary>Hash slots that follow each other.</summary>
/// <param name="First">0 to 16383.</param>
/// <param name="Last">The last one that belongs to it.</param>
internal readonly record struct SlotRange(int First, int Last)
{
    /// <summary>How many slots.</summary>
    public int Count => Last - First + 1;

    /// <summary>As Redis writes it: <c>0-5460</c>, or <c>7</c>.</summary>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
