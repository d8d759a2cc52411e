namespace Godwit.Tests.Migration.Throttle;

/// <summary>A clock on which whoever waits has waited at once, and then some where timers are late.</summary>
internal sealed class SleepingClock : TimeProvider
{
    private readonly Random _random = new(7);
    private TimeSpan _now;

    public TimeSpan Now => _now;

    /// <summary>How late a timer is at most.</summary>
    public TimeSpan Lateness { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(TimeSpan time) => _now += time;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _now += dueTime + (Lateness * _random.NextDouble());
        callback(state);
        return new SpentTimer();
    }

    private sealed class SpentTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
