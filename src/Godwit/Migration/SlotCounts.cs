using Godwit.Protocol.Cluster;

namespace Godwit.Migration;

/// <summary>What became of the keys of one hash slot.</summary>
internal readonly record struct SlotCount(long Written, long Skipped, long Expired, long Duplicate, long Failed)
{
    /// <summary>All that were settled.</summary>
    public long All => Written + Skipped + Expired + Duplicate + Failed;

    /// <summary>The sum of two, figure by figure.</summary>
    public static SlotCount operator +(SlotCount left, SlotCount right) =>
        new(
            left.Written + right.Written,
            left.Skipped + right.Skipped,
            left.Expired + right.Expired,
            left.Duplicate + right.Duplicate,
            left.Failed + right.Failed
        );
}

/// <summary>What became of the keys of each hash slot. Safe for use from any thread.</summary>
internal sealed class SlotCounts
{
    private const int Outcomes = 5;
    private const int Failed = 4;

    private readonly long[] _counts = new long[HashSlot.Count * Outcomes];

    /// <summary>Counts a key.</summary>
    public void Add(ReadOnlySpan<byte> key, Outcome outcome) => Add(key, (int)outcome);

    /// <summary>Counts a key that failed.</summary>
    public void AddFailed(ReadOnlySpan<byte> key) => Add(key, Failed);

    /// <summary>Gives the counts of a slot, which begins at zero again.</summary>
    public SlotCount Take(int slot) =>
        new(
            Take(slot, (int)Outcome.Written),
            Take(slot, (int)Outcome.Skipped),
            Take(slot, (int)Outcome.Expired),
            Take(slot, (int)Outcome.Duplicate),
            Take(slot, Failed)
        );

    private void Add(ReadOnlySpan<byte> key, int outcome) =>
        Interlocked.Increment(ref _counts[(HashSlot.Of(key) * Outcomes) + outcome]);

    private long Take(int slot, int outcome) => Interlocked.Exchange(ref _counts[(slot * Outcomes) + outcome], 0);
}
