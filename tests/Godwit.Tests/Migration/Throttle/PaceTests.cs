using Godwit.Migration.Throttle;

namespace Godwit.Tests.Migration.Throttle;

public sealed class PaceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SleepingClock _clock = new();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(39, 1)]
    [InlineData(40, 2)]
    [InlineData(1_000_000, 50_000)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void Quantum_Rate_IsATwentiethOfASecondAndAtLeastOne(long perSecond, int quantum) =>
        new Pace(perSecond, _clock).Quantum.ShouldBe(quantum);

    [Fact]
    public async Task Take_OneAfterAnother_EachAtItsMoment()
    {
        var pace = new Pace(4, _clock);
        foreach (var moment in (double[])[0.25, 0.5, 0.75, 1])
        {
            await TakeAsync(pace, 1);
            _clock.Now.TotalSeconds.ShouldBe(moment, 0.001);
        }

        await TakeAsync(pace, 40);
        _clock.Now.TotalSeconds.ShouldBe(11, 0.001);
    }

    [Fact]
    public async Task Take_Nothing_DoesNotWait()
    {
        await TakeAsync(new Pace(1, _clock), 0);
        _clock.Now.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Take_MoreThanATimerCanWaitFor_Waits()
    {
        await TakeAsync(new Pace(1, _clock), 10_000_000);
        _clock.Now.TotalSeconds.ShouldBe(10_000_000, 1);
    }

    [Fact]
    public async Task Take_AfterALongRest_TheRestIsNotMadeUpFor()
    {
        var pace = new Pace(1000, _clock);
        await TakeAsync(pace, 50);
        _clock.Advance(TimeSpan.FromMinutes(1));
        var start = _clock.Now;

        for (var taken = 0; taken < 1000; taken += 50)
            await TakeAsync(pace, 50);

        (_clock.Now - start).TotalSeconds.ShouldBeInRange(0.95, 1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(20, 0)]
    [InlineData(0, 45)]
    [InlineData(20, 200)]
    public async Task Take_AnySecond_HasAtMostATenthOfASecondsWorthMore(int lateMilliseconds, int longestWork)
    {
        const int Rate = 1000;
        var clock = new SleepingClock { Lateness = TimeSpan.FromMilliseconds(lateMilliseconds) };
        var pace = new Pace(Rate, clock);
        var random = new Random(1);
        var grants = new List<(TimeSpan At, int Units)>();
        while (clock.Now < TimeSpan.FromSeconds(30))
        {
            var units = random.Next(1, pace.Quantum + 1);
            await TakeAsync(pace, units);
            grants.Add((clock.Now, units));
            clock.Advance(TimeSpan.FromMilliseconds(random.NextDouble() * longestWork));
        }

        foreach (var (start, _) in grants)
        {
            var within = grants.Where(grant => grant.At >= start && grant.At < start + Second);
            within.Sum(grant => grant.Units).ShouldBeLessThanOrEqualTo(Rate + (Rate / 10) + 1);
        }
    }

    [Fact]
    public async Task Take_TimersAreLate_TheRateIsReachedAllTheSame()
    {
        var clock = new SleepingClock { Lateness = TimeSpan.FromMilliseconds(15) };
        var pace = new Pace(1000, clock);

        for (var taken = 0; taken < 20_000; taken += 10)
            await TakeAsync(pace, 10);

        clock.Now.TotalSeconds.ShouldBe(20, 0.1);
    }

    [Fact]
    public async Task Take_Stopped_EndsTheWaiting()
    {
        using var stop = new CancellationTokenSource();
        var waiting = new Pace(1, TimeProvider.System).TakeAsync(1_000_000, stop.Token).AsTask();
        waiting.IsCompleted.ShouldBeFalse();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() =>
            waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)
        );
    }

    private static ValueTask TakeAsync(Pace pace, long units) =>
        pace.TakeAsync(units, TestContext.Current.CancellationToken);
}
