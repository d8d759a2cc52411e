using Godwit.Batches;
using Godwit.Protocol.Rdb;

namespace Godwit.Live.Expiry;

/// <summary>
/// Holds back what fields of hashes expire at, as <see cref="ExpiryHold"/> does for keys, and whenever it does. Servers bound a
/// field's expiry more closely than a key's, so that these are held by another <see cref="Shift"/>. Safe for use from any thread.
/// </summary>
internal sealed class FieldExpiryHold(ExpiryHold hold)
{
    /// <summary>
    /// 6·10^13 milliseconds, some 1,900 years: what is held lies in the years 3871 to 4188. Redis takes no field's expiry behind
    /// 2^46 - 1, which is in 4199 (<c>src/server.h</c>, HFE_MAX_ABS_TIME_MSEC).
    /// </summary>
    public const long Shift = 60_000_000_000_000;

    // 10^13, in the year 2286: what expires later than that will not strike, and is not held.
    private const long LastHeld = 10_000_000_000_000;

    private volatile bool _mayBeHeld;

    /// <summary>What both ends do with fields that expire. Set before anything is written.</summary>
    public FieldExpirySupport Support { get; set; } = new();

    /// <summary>There may be fields at the target whose expiry is held: this run has held some, or an earlier one may have.</summary>
    public bool MayBeHeld
    {
        get => _mayBeHeld && Support.TargetHasThem;
        set => _mayBeHeld = value;
    }

    // What expires before this moment is held.
    private long Before => hold.HoldsAll ? LastHeld : hold.NearUntil;

    /// <summary>True if this is an expiry that was held back; <see cref="Release"/> gives the one that was meant.</summary>
    public static bool IsHeld(long expireAt) => expireAt is >= Shift and < Shift + LastHeld;

    /// <summary>What a held expiry was meant to be.</summary>
    public static long Release(long held) => held - Shift;

    /// <summary>What a field's expiry is written as.</summary>
    /// <param name="expireAt">Unix milliseconds, or <see cref="IValueSink.NoExpiry"/>.</param>
    public long Apply(long expireAt)
    {
        if (expireAt == IValueSink.NoExpiry || expireAt >= Before)
            return expireAt;

        Count(1);
        return expireAt + Shift;
    }

    /// <summary>Holds the expiries of an entry's fields, if it is a hash that has some; of one that comes in pieces, as they come.</summary>
    /// <remarks>
    /// What is malformed or damaged stays as it is: whoever writes it finds that too, and tells the entry's account. The bytes
    /// that a checksum does not match get no new one here.
    /// </remarks>
    public void Apply(EntryBatch batch, int index)
    {
        var entry = batch.Entries[index];
        if (entry.Kind != EntryKind.Key || !FieldExpiryShift.Concerns(entry.Type))
            return;

        if (batch.Large is { } large)
        {
            large.Through = sink => new HeldFieldSink(sink, this);
            return;
        }

        if (!batch.IsIntact(entry))
            return;

        using var shift = new FieldExpiryShift();
        try
        {
            var moved = shift.Apply(entry.Type, batch.Version, batch.ChangeValue(index), Before, Shift);
            if (shift.Rewritten.Length > 0)
                batch.ReplaceValue(index, FieldExpiryShift.RewrittenType, shift.Rewritten);
            Count(moved);
        }
        catch (RdbFormatException)
        {
            // The target will say so.
        }
    }

    private void Count(int fields)
    {
        if (fields == 0)
            return;

        _mayBeHeld = true;
        hold.CountHeld(fields);
    }
}
