using Godwit.Sources.Scan;

namespace Godwit.Tests.Sources.Scan;

public sealed class ShortStringForecastTests
{
    private readonly ShortStringForecast _forecast = new();

    [Fact]
    public void Expects_AThousandInARow_IsTrue()
    {
        Add(999);
        _forecast.Expects.ShouldBeFalse();

        Add(1);
        _forecast.Expects.ShouldBeTrue();
    }

    [Fact]
    public void Expects_EveryTenthIsSomethingElse_IsNeverTrue()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _forecast.Add(i % 10 != 0);
            _forecast.Expects.ShouldBeFalse();
        }
    }

    [Fact]
    public void Expects_FewOfManyAreSomethingElse_StaysTrue()
    {
        Add(2000);
        for (var i = 0; i < 100; i++)
        {
            _forecast.Add(false);
            Add(200);
            _forecast.Expects.ShouldBeTrue();
        }
    }

    // However many keys a source has, its statistics show a handful of errors.
    [Fact]
    public void WasRefused_AgainAndAgain_WaitsLongerEachTime()
    {
        var wrong = 0;
        for (var i = 0; i < 10_000_000; i++)
        {
            if (i % 1500 == 1499 && _forecast.Expects)
            {
                wrong++;
                _forecast.WasRefused();
            }
            else
            {
                _forecast.Add(i % 1500 != 1499);
            }
        }

        wrong.ShouldBeInRange(2, 6);
    }

    [Fact]
    public void WasRefused_ManyOfOneRound_CountsOnce()
    {
        Add(1000);
        for (var i = 0; i < 500; i++)
            _forecast.WasRefused();
        _forecast.Expects.ShouldBeFalse();

        Add(7999);
        _forecast.Expects.ShouldBeFalse();
        Add(1);
        _forecast.Expects.ShouldBeTrue();
    }

    private void Add(int count)
    {
        for (var i = 0; i < count; i++)
            _forecast.Add(true);
    }
}
