using System.Diagnostics;

namespace Godwit.IntegrationTests.Servers.Faults;

/// <summary>What is set for one direction of a <see cref="FaultProxy"/>, over all its connections. For use by any thread.</summary>
internal sealed class FlowControl
{
    private const int LargestPiece = 16 * 1024;

    // With a limit bytes go out in so many pieces a second, so that they flow.
    private const int PiecesPerSecond = 50;

    private readonly Lock _lock = new();
    private TaskCompletionSource? _frozen;
    private TimeSpan _delay;
    private int? _bytesPerSecond;
    private long? _leftUntilCut;
    private long _passed;
    private long _freeAt;

    public long Passed => Volatile.Read(ref _passed);

    public TimeSpan Delay
    {
        set
        {
            lock (_lock)
                _delay = value;
        }
    }

    public int? BytesPerSecond
    {
        set
        {
            lock (_lock)
                _bytesPerSecond = value;
        }
    }

    /// <summary>How many bytes to send at once.</summary>
    public int PieceBytes
    {
        get
        {
            lock (_lock)
                return _bytesPerSecond is { } limit
                    ? Math.Clamp(limit / PiecesPerSecond, 1, LargestPiece)
                    : LargestPiece;
        }
    }

    public void Freeze()
    {
        lock (_lock)
            _frozen ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Thaw()
    {
        lock (_lock)
        {
            _frozen?.SetResult();
            _frozen = null;
        }
    }

    public void CutAfter(long bytes)
    {
        lock (_lock)
            _leftUntilCut = bytes;
    }

    /// <summary>When bytes that came in now are due, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long Due()
    {
        lock (_lock)
            return Stopwatch.GetTimestamp() + (long)(_delay.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>Returns when bytes may pass that are due then.</summary>
    public async Task WaitAsync(long due, CancellationToken cancellationToken)
    {
        await UntilAsync(due, cancellationToken);
        await UntilAsync(Volatile.Read(ref _freeAt), cancellationToken);
        Task? frozen;
        lock (_lock)
            frozen = _frozen?.Task;
        if (frozen is not null)
            await frozen.WaitAsync(cancellationToken);
    }

    /// <summary>How many of so many bytes pass now, and whether the connection is cut behind them.</summary>
    public (int Bytes, bool Cut) Take(int count)
    {
        lock (_lock)
        {
            var bytes = count;
            var cut = false;
            if (_leftUntilCut is { } left)
            {
                bytes = (int)Math.Min(count, left);
                cut = bytes == left;
                _leftUntilCut = cut ? null : left - bytes;
            }

            _passed += bytes;
            if (_bytesPerSecond is { } limit)
                _freeAt = Math.Max(_freeAt, Stopwatch.GetTimestamp()) + bytes * Stopwatch.Frequency / limit;
            return (bytes, cut);
        }
    }

    private static async Task UntilAsync(long timestamp, CancellationToken cancellationToken)
    {
        // A timer may come early by a part of a millisecond.
        while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp) is { Ticks: > 0 } left)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), cancellationToken);
    }
}
