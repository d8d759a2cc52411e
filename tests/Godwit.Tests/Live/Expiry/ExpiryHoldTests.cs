using Godwit.Connections;
using Godwit.Live.Expiry;

namespace Godwit.Tests.Live.Expiry;

public sealed class ExpiryHoldTests
{
    private const long Minute = 60_000;
    private const long Window = 10 * Minute;

    private readonly ManualClock _clock = new() { Now = 1_000_000_000 };
    private readonly ExpiryHold _hold;

    public ExpiryHoldTests() => _hold = new ExpiryHold(_clock);

    [Fact]
    public void Holds_NearTheWindow_WhatEndsWithinIt()
    {
        _hold.HoldNear(TimeSpan.FromMilliseconds(Window));

        _hold.Holds(_clock.Now + Window - 1).ShouldBeTrue();
        _hold.Holds(_clock.Now + Window).ShouldBeFalse();
        _hold.Apply(_clock.Now + Window).ShouldBe(_clock.Now + Window);
    }

    [Fact]
    public void IsRunningOut_NothingIsLookedAt_AMinuteBeforeTheFirstMayStrike()
    {
        _hold.IsRunningOut.ShouldBeFalse();
        _hold.HoldNear(TimeSpan.FromMilliseconds(Window));

        _clock.Now += Window - Minute;
        _hold.IsRunningOut.ShouldBeFalse();
        _clock.Now++;
        _hold.IsRunningOut.ShouldBeTrue();
        _hold.HoldsAll = true;
        _hold.IsRunningOut.ShouldBeFalse();
    }

    [Fact]
    public void IsRunningOut_RoundHasEnded_CountsFromItsBeginning()
    {
        _hold.HoldNear(TimeSpan.FromMilliseconds(Window));
        _clock.Now += 3 * Minute;
        var began = _hold.BeginRound(TimeSpan.FromMilliseconds(Window));
        _clock.Now += 3 * Minute;
        _hold.EndRound(began);

        _clock.Now = began + Window - Minute;
        _hold.IsRunningOut.ShouldBeFalse();
        _clock.Now++;
        _hold.IsRunningOut.ShouldBeTrue();
    }

    // What is written from then on is held that much later.
    [Fact]
    public void IsRunningOut_WindowBecomesShorter_CountsAtOnce()
    {
        _hold.HoldNear(TimeSpan.FromMilliseconds(Window));
        _hold.BeginRound(TimeSpan.FromMilliseconds(2 * Minute));

        _clock.Now += Minute;
        _hold.IsRunningOut.ShouldBeFalse();
        _clock.Now++;
        _hold.IsRunningOut.ShouldBeTrue();
    }

    // Only what the round has looked at is held that much sooner.
    [Fact]
    public void IsRunningOut_WindowBecomesLonger_CountsWhenTheRoundHasEnded()
    {
        _hold.HoldNear(TimeSpan.FromMilliseconds(2 * Minute));
        var began = _hold.BeginRound(TimeSpan.FromMilliseconds(Window));

        _clock.Now += Minute + 1;
        _hold.IsRunningOut.ShouldBeTrue();
        _hold.EndRound(began);
        _hold.IsRunningOut.ShouldBeFalse();
    }

    [Fact]
    public void Holds_TargetsClockIsAhead_GoesByThatClock()
    {
        _hold.Clock = new ServerClock(TimeSpan.Zero, TimeSpan.FromMinutes(5));
        _hold.HoldNear(TimeSpan.FromMilliseconds(Window));

        _hold.Holds(_clock.Now + (5 * Minute) + Window - 1).ShouldBeTrue();
        _hold.Holds(_clock.Now + (5 * Minute) + Window).ShouldBeFalse();
    }

    [Fact]
    public void MayHaveStruckSince_NothingWasLookedAtForTooLong_WhatWasBefore()
    {
        var before = _clock.Now;
        _hold.MayHaveStruckSince(before).ShouldBeFalse("nothing was released yet");
        _hold.HoldNear(TimeSpan.FromMilliseconds(Window));

        _clock.Now += Window;
        _hold.MayHaveStruckSince(before).ShouldBeFalse();
        _clock.Now++;
        _hold.MayHaveStruckSince(before).ShouldBeTrue();
        _hold.MayHaveStruckSince(_clock.Now).ShouldBeFalse("that was seen to before it was read");
        _hold.HoldsAll = true;
        _hold.AllAreHeld();
        _hold.MayHaveStruckSince(before).ShouldBeFalse();
    }

    private sealed class ManualClock : TimeProvider
    {
        public long Now { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
    }
}
