using Godwit.Live.Status;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Live.Status;

public sealed class ChangeRatesTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void PerSecond_OfASteadyPace_IsThatPace()
    {
        var rates = new ChangeRates(_clock);
        Note(rates, seconds: 20, received: 100, applied: 50);
        rates.PerSecond(2000, 1000).ShouldBe((100, 50));
    }

    [Fact]
    public void PerSecond_AfterTheWindow_ForgetsTheOldPace()
    {
        var rates = new ChangeRates(_clock);
        Note(rates, seconds: 20, received: 100, applied: 50);
        for (var i = 0; i < 6; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            rates.Note(2000, 1000);
        }

        rates.PerSecond(2000, 1000).ShouldBe((0, 0));
    }

    [Fact]
    public void PerSecond_BeforeTheFirstLook_IsNothing() => new ChangeRates(_clock).PerSecond(7, 7).ShouldBe((0, 0));

    private void Note(ChangeRates rates, int seconds, long received, long applied)
    {
        for (var i = 1; i <= seconds; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            rates.Note(received * i, applied * i);
        }
    }
}
