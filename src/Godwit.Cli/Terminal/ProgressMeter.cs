using Godwit.Migration;

namespace Godwit.Cli.Terminal;

/// <summary>A migration's progress with what can be worked out from how it went so far.</summary>
/// <param name="Now">As the run tells it.</param>
/// <param name="Elapsed">Since the meter began.</param>
/// <param name="KeysPerSecond">Over the last ten seconds.</param>
/// <param name="BytesPerSecond">Over the last ten seconds.</param>
/// <param name="Fraction">How much is done, 0 to 1; null if the whole is not known.</param>
/// <param name="Left">Time left at the present rate; null if that cannot be told.</param>
internal readonly record struct ProgressReading(
    MigrationProgress Now,
    TimeSpan Elapsed,
    double KeysPerSecond,
    double BytesPerSecond,
    double? Fraction,
    TimeSpan? Left
)
{
    /// <summary>Changes that were applied, over the last ten seconds.</summary>
    public double ChangesPerSecond { get; init; }
}

/// <summary>Measures rates and the time left. For one reader at a time.</summary>
internal sealed class ProgressMeter
{
    // Long enough to even out a big key, short enough to show that the pace has changed.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _timeProvider;
    private readonly long _start;
    private readonly Queue<Sample> _samples = new();

    // While a new snapshot is copied none are applied, and none are told.
    private long _changes;

    public ProgressMeter(TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _start = timeProvider.GetTimestamp();
        _samples.Enqueue(default);
    }

    /// <summary>Takes a reading and remembers it for the next ones.</summary>
    public ProgressReading Read(MigrationProgress now)
    {
        _changes = now.Live?.Applied ?? _changes;
        var elapsed = _timeProvider.GetElapsedTime(_start);
        _samples.Enqueue(new Sample(elapsed, now.Keys.Read, now.BytesRead, _changes));
        // The oldest is kept until the next one has left the window too: a rate always spans at least the window.
        while (_samples.Count > 2 && elapsed - _samples.ElementAt(1).Elapsed >= Window)
            _samples.Dequeue();

        var oldest = _samples.Peek();
        var seconds = (elapsed - oldest.Elapsed).TotalSeconds;
        var keysPerSecond = seconds > 0 ? (now.Keys.Read - oldest.Keys) / seconds : 0;
        var bytesPerSecond = seconds > 0 ? (now.BytesRead - oldest.Bytes) / seconds : 0;
        var (fraction, left) = now switch
        {
            { ExpectedKeys: > 0 } => Whole(now.Keys.Read, now.ExpectedKeys.Value, keysPerSecond),
            { ExpectedBytes: > 0 } => Whole(now.BytesRead, now.ExpectedBytes.Value, bytesPerSecond),
            _ => (null, null),
        };
        return new ProgressReading(now, elapsed, keysPerSecond, bytesPerSecond, fraction, left)
        {
            ChangesPerSecond = seconds > 0 ? (_changes - oldest.Changes) / seconds : 0,
        };
    }

    /// <summary>A source that grew while it was read, or hinted too low, has no whole that could be told.</summary>
    private static (double? Fraction, TimeSpan? Left) Whole(long done, long expected, double perSecond)
    {
        if (done > expected)
            return (null, null);
        // A stalled run has no time left that could be told; nor is anything beyond a year worth saying.
        var seconds = perSecond > 0 ? (expected - done) / perSecond : double.PositiveInfinity;
        return ((double)done / expected, seconds < 365 * 86400.0 ? TimeSpan.FromSeconds(seconds) : null);
    }

    private readonly record struct Sample(TimeSpan Elapsed, long Keys, long Bytes, long Changes);
}
