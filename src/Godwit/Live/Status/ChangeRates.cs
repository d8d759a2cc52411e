namespace Godwit.Live.Status;

/// <summary>How many changes a second came in and were applied, over the last seconds. Safe for use from any thread.</summary>
internal sealed class ChangeRates(TimeProvider timeProvider)
{
    // Long enough to even out a big transaction, short enough to show that the pace has changed.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Queue<Sample> _samples = new();

    /// <summary>Takes how many there were in all so far.</summary>
    public void Note(long received, long applied)
    {
        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            _samples.Enqueue(new Sample(now, received, applied));
            // The oldest stays until the next one has left the window too: a rate spans at least the window.
            while (_samples.Count > 2 && timeProvider.GetElapsedTime(_samples.ElementAt(1).At, now) >= Window)
                _samples.Dequeue();
        }
    }

    /// <summary>The rates up to now, with how many there are in all now.</summary>
    public (double Received, double Applied) PerSecond(long received, long applied)
    {
        lock (_lock)
        {
            if (!_samples.TryPeek(out var oldest))
                return (0, 0);

            var seconds = timeProvider.GetElapsedTime(oldest.At).TotalSeconds;
            return seconds > 0
                ? ((received - oldest.Received) / seconds, (applied - oldest.Applied) / seconds)
                : (0, 0);
        }
    }

    private readonly record struct Sample(long At, long Received, long Applied);
}
