using Godwit.Batches;
using Godwit.Connections;

namespace Godwit.Live.Expiry;

/// <summary>
/// Keeps expiries from striking at the target before the stream has caught up: a key in the snapshot may have been renewed by a
/// change that is still on its way. What is held is written with <see cref="Shift"/> added, and is still told from one that is
/// meant so. Safe for use from any thread.
/// </summary>
/// <remarks>
/// While the stream keeps up, only what expires within <see cref="Window"/> is held: there is always something on its way, and the
/// source tells of each key that has expired, as it does to its replicas. What had longer to live is held when it comes near its end, by
/// <see cref="HoldRounds"/>.
/// </remarks>
internal sealed class ExpiryHold
{
    /// <summary>One minute: longer than a target is held up without the job noticing.</summary>
    public static readonly TimeSpan Near = TimeSpan.FromMinutes(1);

    /// <summary>
    /// 10^15 milliseconds, some 31,700 years: no expiry that anybody means lies between this and one and a half times this.
    /// </summary>
    public const long Shift = 1_000_000_000_000_000;

    private readonly TimeProvider _timeProvider;
    private volatile bool _holdsAll = true;
    private volatile bool _isUnbroken = true;
    private long _window = (long)Near.TotalMilliseconds;
    private long _safeUntil = long.MaxValue;
    private long _heldBack;
    private long _released;

    /// <summary>Begins by holding all.</summary>
    public ExpiryHold(TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        Fields = new FieldExpiryHold(this);
    }

    /// <summary>Tells the time at the target, where keys die. Default: as here.</summary>
    public ServerClock Clock { get; set; }

    /// <summary>The same for what fields of hashes expire at.</summary>
    public FieldExpiryHold Fields { get; }

    /// <summary>True while all expiries are held back. It begins so.</summary>
    public bool HoldsAll
    {
        get => _holdsAll;
        set
        {
            _isUnbroken &= value;
            _holdsAll = value;
        }
    }

    /// <summary>
    /// How long before its end an expiry is held while the stream keeps up: <see cref="Near"/> at least, and longer where it takes longer
    /// until all keys have been looked at.
    /// </summary>
    public TimeSpan Window => TimeSpan.FromMilliseconds(Volatile.Read(ref _window));

    /// <summary>
    /// All are to be held again: what is not held may be at its end before it is known of, since it was not looked at for too long.
    /// </summary>
    public bool IsRunningOut => !_holdsAll && Now + (long)Near.TotalMilliseconds > Volatile.Read(ref _safeUntil);

    /// <summary>
    /// Something at the target may have come to its end by itself, and had not when this was: nobody was there to look, or to be answered,
    /// for longer than anything but a machine that was held up explains.
    /// </summary>
    /// <param name="moment">Unix milliseconds.</param>
    public bool MayHaveStruckSince(long moment) =>
        Volatile.Read(ref _safeUntil) is var safe && moment <= safe && Now > safe;

    /// <summary>
    /// True as long as all that the job has ever written was held back: nothing can have died at the target by itself.
    /// </summary>
    public bool IsUnbroken => _isUnbroken;

    /// <summary>Expiries, of keys and of fields, that were held back so far; one key may count several times.</summary>
    public long HeldBack => Volatile.Read(ref _heldBack);

    /// <summary>Held expiries, of keys and of fields, that were set to what they were meant to be.</summary>
    public long Released => Volatile.Read(ref _released);

    /// <summary>Says what is known of the ends before anything is written.</summary>
    /// <param name="ends">Both.</param>
    /// <param name="isResumed">An earlier run of the job may have held back expiries, and released others.</param>
    public void Begin(LiveEnds ends, bool isResumed)
    {
        _isUnbroken &= !isResumed;
        Clock = ends.Profile.Clock;
        Fields.Support = FieldExpirySupport.Of(ends);
        Fields.MayBeHeld |= isResumed;
    }

    /// <summary>Holds no more than what lies within the window. What the target has is held, all of it.</summary>
    public void HoldNear(TimeSpan window)
    {
        EndRound(BeginRound(window));
        HoldsAll = false;
    }

    /// <summary>All that the target has is held, since it was gone through while all was to be.</summary>
    public void AllAreHeld() => Volatile.Write(ref _safeUntil, long.MaxValue);

    /// <summary>From here on another window holds, for what is written and for what is looked at.</summary>
    /// <returns>When that was, in Unix milliseconds: for <see cref="EndRound"/>.</returns>
    public long BeginRound(TimeSpan window)
    {
        var now = Now;
        Volatile.Write(ref _window, (long)window.TotalMilliseconds);
        Volatile.Write(ref _safeUntil, Math.Min(Volatile.Read(ref _safeUntil), now + _window));
        return now;
    }

    /// <summary>All that the target had when the round began has been looked at since: none of it that is not held ends within the window from there on.</summary>
    public void EndRound(long began) => Volatile.Write(ref _safeUntil, began + _window);

    /// <summary>Counts expiries that were held back.</summary>
    public void CountHeld(int expiries) => Interlocked.Add(ref _heldBack, expiries);

    /// <summary>Counts held expiries that were set to what they were meant to be.</summary>
    public void CountReleased(int expiries) => Interlocked.Add(ref _released, expiries);

    /// <summary>What an expiry is written as.</summary>
    /// <param name="expireAt">Unix milliseconds, or <see cref="Entry.None"/>.</param>
    public long Apply(long expireAt)
    {
        if (!CanHold(expireAt) || !Holds(expireAt))
            return expireAt;

        CountHeld(1);
        return expireAt + Shift;
    }

    /// <summary>True if this is an expiry that was held back; <see cref="Release"/> gives the one that was meant.</summary>
    public static bool IsHeld(long expireAt) => expireAt is >= Shift and < Shift + (Shift / 2);

    /// <summary>What a held expiry was meant to be.</summary>
    public static long Release(long held) => held - Shift;

    /// <summary>Holds all expiries of a batch, of its keys and of their fields.</summary>
    public void Apply(EntryBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var expireAt = batch.Entries[i].ExpireAt;
            if (expireAt != Entry.None)
                batch.SetExpiry(i, Apply(expireAt));
            Fields.Apply(batch, i);
        }
    }

    /// <summary>The end of <see cref="Window"/>, in Unix milliseconds.</summary>
    public long NearUntil => Now + Volatile.Read(ref _window);

    /// <summary>True if such an expiry is held back now: all are, or it lies within <see cref="Window"/>, or is over.</summary>
    public bool Holds(long expireAt) => _holdsAll || expireAt < NearUntil;

    /// <summary>The latest that it is at a server of the target, in Unix milliseconds.</summary>
    public long Now => Clock.Latest(_timeProvider);

    // One that lies that far off will not strike.
    private static bool CanHold(long expireAt) => expireAt is not Entry.None and >= 0 and < Shift / 2;
}
