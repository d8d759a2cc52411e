namespace Godwit.Migration.Throttle;

/// <summary>
/// A rate that is kept over any second: whoever takes units is let through at the moment at which the rate has given them.
/// Time in which nothing was taken is not saved up, but for a twentieth of a second, which makes up for timers that are late.
/// So no span of time sees more than its share, that twentieth, and what was taken at once at its beginning. Safe to share.
/// </summary>
/// <param name="perSecond">Units a second, 1 and up.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class Pace(long perSecond, TimeProvider timeProvider)
{
    private const int QuantaPerSecond = 20;
    private const double Slack = 1.0 / QuantaPerSecond;

    // A timer takes no more than 49 days. Who has longer to wait asks again.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly long _start = timeProvider.GetTimestamp();
    private double _due;

    /// <summary>How many units should be taken at once at most: a twentieth of a second's worth, at least 1.</summary>
    public int Quantum { get; } = (int)Math.Clamp(perSecond / QuantaPerSecond, 1, int.MaxValue);

    /// <summary>Waits until the rate has given so many units. Whoever asks later is let through later.</summary>
    /// <param name="units">0 and up. More than <see cref="Quantum"/> go through at once too, after so much more time.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask TakeAsync(long units, CancellationToken cancellationToken)
    {
        var due = Reserve(units);
        while (due - Now is > 0 and var wait)
        {
            // Whole milliseconds, rounded up: a timer knows no others, and is never to be early.
            var delay = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(wait, LongestDelay.TotalSeconds) * 1000));
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    // Seconds since this began.
    private double Now => timeProvider.GetElapsedTime(_start).TotalSeconds;

    private double Reserve(long units)
    {
        lock (_lock)
            return _due = Math.Max(_due, Now - Slack) + ((double)units / perSecond);
    }
}
