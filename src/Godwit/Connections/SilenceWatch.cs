namespace Godwit.Connections;

/// <summary>
/// Ends a connection that has been silent for too long while something was due. One timer a connection looks at two
/// timestamps now and then, so that a read costs no timer of its own.
/// </summary>
/// <remarks>
/// A sign of life is a byte that came, or a write that had to wait and went on: a server that takes a long value in does not
/// answer meanwhile. A write that never waited is none: it went no further than our own system's buffer.
/// </remarks>
internal sealed class SilenceWatch : IDisposable
{
    private const long NotWaiting = long.MaxValue;

    // Looks within one limit. A sign of life is dated to the look after it: the end comes at most two looks late.
    private const int Looks = 8;

    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _limit;
    private readonly Action _end;
    private readonly ITimer _timer;
    private long _readSince = NotWaiting;
    private long _writeSince = NotWaiting;
    private long _lastSign = long.MinValue;
    private volatile bool _signed;
    private volatile bool _expired;

    /// <summary>Begins to watch; <paramref name="end"/> is called from any thread, once.</summary>
    public SilenceWatch(TimeProvider timeProvider, TimeSpan limit, Action end)
    {
        _timeProvider = timeProvider;
        _limit = limit;
        _end = end;
        _timer = timeProvider.CreateTimer(
            static state => ((SilenceWatch)state!).Look(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );

        // A timer counts in milliseconds, and takes a period of none for "once".
        var period = TimeSpan.FromMilliseconds(Math.Max(1, (limit / Looks).TotalMilliseconds));
        _timer.Change(period, period);
    }

    /// <summary>The connection was ended for its silence.</summary>
    public bool Expired => _expired;

    /// <summary>The limit that it was made with.</summary>
    public TimeSpan Limit => _limit;

    /// <summary>A read waits for bytes from now on.</summary>
    public void ReadWaits() => Volatile.Write(ref _readSince, _timeProvider.GetTimestamp());

    /// <summary>The read that waited has ended.</summary>
    public void ReadEnds() => Ends(ref _readSince);

    /// <summary>A read found bytes and had not to wait.</summary>
    public void ReadFound() => _signed = true;

    /// <summary>A write waits for room from now on.</summary>
    public void WriteWaits() => Volatile.Write(ref _writeSince, _timeProvider.GetTimestamp());

    /// <summary>The write that waited has ended.</summary>
    public void WriteEnds() => Ends(ref _writeSince);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Ends(ref long since)
    {
        _signed = true;
        Volatile.Write(ref since, NotWaiting);
    }

    private void Look()
    {
        if (_signed)
        {
            _signed = false;
            _lastSign = _timeProvider.GetTimestamp();
        }

        var waiting = Math.Min(Volatile.Read(ref _readSince), Volatile.Read(ref _writeSince));
        if (waiting == NotWaiting || _expired)
            return;

        var silentSince = Math.Max(waiting, _lastSign);
        if (_timeProvider.GetElapsedTime(silentSince) < _limit)
            return;

        _expired = true;
        _timer.Dispose();
        _end();
    }
}
