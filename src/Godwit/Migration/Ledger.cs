using Godwit.Batches;

namespace Godwit.Migration;

/// <summary>What becomes of an entry.</summary>
internal enum Outcome
{
    /// <summary>It is at the target, and the target said so.</summary>
    Written,

    /// <summary>The target had the key already and keeps its own.</summary>
    Skipped,

    /// <summary>It was gone, or its time was over, before it could be written.</summary>
    Expired,

    /// <summary>SCAN gave the key twice, and the target has it already from the first time. It does not count again.</summary>
    Duplicate,
}

/// <summary>
/// The account of every key: each entry that a source hands out is settled here exactly once. Safe for use from any thread.
/// </summary>
internal sealed class Ledger(DeadLetters deadLetters, Losses allowed)
{
    private readonly LossCounts _lost = new();
    private long _taken;
    private long _written;
    private long _skipped;
    private long _expired;
    private long _failed;
    private long _duplicates;
    private long _functionsWritten;
    private long _functionsOther;

    /// <summary>Losses that the user accepts.</summary>
    public Losses Allowed => allowed;

    /// <summary>What was lost, accepted or not avoidable.</summary>
    public LossCounts Lost => _lost;

    /// <summary>Function libraries that arrived.</summary>
    public long FunctionsWritten => Volatile.Read(ref _functionsWritten);

    /// <summary>Entries that a source has handed out and nobody has settled yet.</summary>
    public long Unsettled =>
        Volatile.Read(ref _taken)
        - Volatile.Read(ref _written)
        - Volatile.Read(ref _skipped)
        - Volatile.Read(ref _expired)
        - Volatile.Read(ref _failed)
        - Volatile.Read(ref _duplicates)
        - Volatile.Read(ref _functionsWritten)
        - Volatile.Read(ref _functionsOther);

    /// <summary>The settled keys. A function library counts among them only where it fails.</summary>
    public KeyCounts Counts =>
        new(
            Volatile.Read(ref _written),
            Volatile.Read(ref _skipped),
            Filtered: 0,
            Volatile.Read(ref _expired),
            Volatile.Read(ref _failed)
        );

    /// <summary>A source hands out entries, or finds that keys have gone.</summary>
    public void Take(int entries) => Interlocked.Add(ref _taken, entries);

    /// <summary>Settles keys whose outcome is the same.</summary>
    public void SettleKeys(Outcome outcome, int count)
    {
        ref var counter = ref _written;
        switch (outcome)
        {
            case Outcome.Written:
                break;
            case Outcome.Skipped:
                counter = ref _skipped;
                break;
            case Outcome.Expired:
                counter = ref _expired;
                break;
            case Outcome.Duplicate:
                counter = ref _duplicates;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no such outcome");
        }

        Interlocked.Add(ref counter, count);
    }

    /// <summary>Settles function libraries that have arrived.</summary>
    public void SettleFunctions(int count) => Interlocked.Add(ref _functionsWritten, count);

    /// <summary>Settles one entry.</summary>
    public void Settle(in Entry entry, Outcome outcome)
    {
        if (entry.Kind == EntryKind.Key)
            SettleKeys(outcome, 1);
        else if (outcome == Outcome.Written)
            SettleFunctions(1);
        else
            Interlocked.Increment(ref _functionsOther);
    }

    /// <summary>Settles an entry that could not be written, and names it in the dead letters.</summary>
    /// <exception cref="TooManyErrorsException">More entries have failed than the user wants to see.</exception>
    /// <exception cref="FileFailureException">It could not be named.</exception>
    public void Fail(EntryBatch batch, in Entry entry, string reason)
    {
        var failed = Interlocked.Increment(ref _failed);
        deadLetters.Add(batch, entry, reason);
        ThrowIfTooMany(failed, reason);
    }

    /// <summary>Settles a key that a source has but does not let us read, and that is part of no batch.</summary>
    /// <exception cref="TooManyErrorsException">More entries have failed than the user wants to see.</exception>
    /// <exception cref="FileFailureException">It could not be named.</exception>
    public void FailUnread(int database, ReadOnlySpan<byte> key, string reason)
    {
        Take(1);
        var failed = Interlocked.Increment(ref _failed);
        deadLetters.AddUnread(database, key, reason);
        ThrowIfTooMany(failed, reason);
    }

    /// <summary>
    /// Settles an entry that the target cannot hold at all: a failure, or, where the user accepts the loss, a counted one.
    /// </summary>
    public void FailOrLose(EntryBatch batch, in Entry entry, Losses loss, string reason)
    {
        if (!allowed.HasFlag(loss))
        {
            Fail(batch, entry, reason);
            return;
        }

        _lost.Add(loss);
        Interlocked.Increment(ref _functionsOther);
    }

    private void ThrowIfTooMany(long failed, string reason)
    {
        if (failed > deadLetters.Limit)
            throw new TooManyErrorsException(failed, deadLetters.Path, reason);
    }
}
