using Godwit.Batches;

namespace Godwit.Migration;

/// <summary>
/// One reading of one source, as a part of the <see cref="Ledger"/>: each entry that it hands out is settled here exactly once.
/// Safe for use from any thread.
/// </summary>
internal sealed class Account
{
    private readonly Ledger _ledger;
    private long _taken;
    private long _written;
    private long _skipped;
    private long _expired;
    private long _failed;
    private long _duplicates;
    private long _functionsWritten;
    private long _functionsOther;
    private long _existing;
    private readonly SlotCounts? _slots;

    /// <summary>For <see cref="Ledger.Open"/>.</summary>
    internal Account(Ledger ledger, string? source)
    {
        _ledger = ledger;
        Source = source;
    }

    /// <summary>The URI or path that its user named, without secrets; null for what comes from no source.</summary>
    public string? Source { get; }

    /// <summary>The source may give a key twice, as SCAN does: what the target holds already may be of this very reading.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>
    /// An earlier reading of the same source broke off and was voided: what the target holds already may be of that one, and
    /// counts as written where it is the same.
    /// </summary>
    public bool IsReadAgain { get; init; }

    /// <summary>
    /// Notes keys that are to be read again once the source has ended; null for a source that cannot be read again.
    /// </summary>
    public ISecondLook? SecondLook { get; init; }

    /// <summary>
    /// Keeps the counts of each hash slot apart, so that those of a slot that was read around a move can be voided alone.
    /// </summary>
    public bool CountsBySlot
    {
        get => _slots is not null;
        init => _slots = value ? new SlotCounts() : null;
    }

    /// <summary>The source's URI names one database, so that there is no other with which its keys could be mixed up.</summary>
    public bool IsOfOneDatabase { get; init; }

    /// <summary>Losses that the user accepts.</summary>
    public Losses Allowed => _ledger.Allowed;

    /// <summary>What was lost, accepted or not avoidable.</summary>
    public LossCounts Lost { get; } = new();

    /// <summary>Function libraries that arrived.</summary>
    public long FunctionsWritten => Volatile.Read(ref _functionsWritten);

    /// <summary>Keys that the target had already, whatever became of them, but for those that the source gave twice.</summary>
    public long Existing => Volatile.Read(ref _existing);

    /// <summary>Entries that the source has handed out so far, without those that were voided.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Entries that the source has handed out and nobody has settled yet.</summary>
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

    /// <summary>The source hands out entries, or finds that keys have gone.</summary>
    public void Take(int entries) => Interlocked.Add(ref _taken, entries);

    /// <summary>
    /// Settles keys whose outcome is the same. Where <see cref="CountsBySlot"/> holds, <see cref="NoteSlot"/> has been called
    /// for each.
    /// </summary>
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

    /// <summary>Notes the slot of a key that <see cref="SettleKeys"/> settles. Cheap where slots are not counted.</summary>
    public void NoteSlot(EntryBatch batch, in Entry entry, Outcome outcome) => _slots?.Add(batch.Key(entry), outcome);

    /// <summary>Settles a key that is part of no batch: it has gone before it could be read.</summary>
    public void SettleUnread(ReadOnlySpan<byte> key, Outcome outcome)
    {
        Take(1);
        _slots?.Add(key, outcome);
        SettleKeys(outcome, 1);
    }

    /// <summary>
    /// Has an entry read again once the source has ended, because its value broke off on its way to the target. It then is not
    /// to be settled.
    /// </summary>
    /// <returns>False if the source cannot do that: the entry is to be failed.</returns>
    public bool TryReadAgain(EntryBatch batch, in Entry entry)
    {
        if (SecondLook?.TryAdd(entry.Database, batch.Key(entry)) != true)
            return false;

        Take(-1);
        return true;
    }

    /// <summary>Settles one entry.</summary>
    public void Settle(EntryBatch batch, in Entry entry, Outcome outcome)
    {
        if (entry.Kind == EntryKind.Key)
        {
            NoteSlot(batch, entry, outcome);
            SettleKeys(outcome, 1);
        }
        else if (outcome == Outcome.Written)
            SettleFunctions(1);
        else
            Interlocked.Increment(ref _functionsOther);
    }

    /// <summary>Notes that the target has a key already. It is settled besides.</summary>
    public void CountExisting() => Interlocked.Increment(ref _existing);

    /// <summary>Settles an entry that could not be written, and names it in the dead letters.</summary>
    /// <exception cref="TooManyErrorsException">More entries have failed than the user wants to see.</exception>
    /// <exception cref="FileFailureException">It could not be named.</exception>
    public void Fail(EntryBatch batch, in Entry entry, string reason)
    {
        if (entry.Kind == EntryKind.Key)
            _slots?.AddFailed(batch.Key(entry));
        Interlocked.Increment(ref _failed);
        _ledger.DeadLetters.Add(batch, entry, reason, Source);
        _ledger.ThrowIfTooManyFailed(reason);
    }

    /// <summary>Settles a key that the source has but does not let us read, and that is part of no batch.</summary>
    /// <exception cref="TooManyErrorsException">More entries have failed than the user wants to see.</exception>
    /// <exception cref="FileFailureException">It could not be named.</exception>
    public void FailUnread(int database, ReadOnlySpan<byte> key, string reason)
    {
        Take(1);
        _slots?.AddFailed(key);
        Interlocked.Increment(ref _failed);
        _ledger.DeadLetters.AddUnread(database, key, reason, Source);
        _ledger.ThrowIfTooManyFailed(reason);
    }

    /// <summary>
    /// Settles an entry that the target cannot hold at all: a failure, or, where the user accepts the loss, a counted one.
    /// </summary>
    public void FailOrLose(EntryBatch batch, in Entry entry, Losses loss, string reason)
    {
        if (!Allowed.HasFlag(loss))
        {
            Fail(batch, entry, reason);
            return;
        }

        Lost.Add(loss);
        Interlocked.Increment(ref _functionsOther);
    }

    /// <summary>
    /// Takes the counts out of the ledger's sum, for a reading that broke off in the middle and is begun anew: what it gave will
    /// come again. Failures stay, since their dead letters are written; a key that then does arrive counts twice, once as each.
    /// </summary>
    /// <exception cref="InvalidOperationException">Something of it is still on its way.</exception>
    public void Void() => _ledger.Void(this);

    /// <summary>
    /// Takes the counts of some hash slots out of the ledger's sum: their keys will be read again. A failure among them goes
    /// too, since the key gets another try; its dead letter stays.
    /// </summary>
    /// <returns>How many keys that were.</returns>
    /// <exception cref="InvalidOperationException">Something is still on its way, or slots are not counted.</exception>
    public long VoidSlots(IEnumerable<int> slots)
    {
        if (_slots is null || Unsettled != 0)
            throw new InvalidOperationException($"{Unsettled} entries of the account are still on their way");

        var sum = new SlotCount();
        foreach (var slot in slots)
            sum += _slots.Take(slot);
        Interlocked.Add(ref _written, -sum.Written);
        Interlocked.Add(ref _skipped, -sum.Skipped);
        Interlocked.Add(ref _expired, -sum.Expired);
        Interlocked.Add(ref _duplicates, -sum.Duplicate);
        Interlocked.Add(ref _failed, -sum.Failed);
        Interlocked.Add(ref _taken, -sum.All);
        return sum.All - sum.Duplicate;
    }
}
