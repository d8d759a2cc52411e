namespace Godwit.Cli.Terminal;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0.00 s")]
    [InlineData(0.994, "0.99 s")]
    [InlineData(0.996, "1.0 s")]
    [InlineData(59.94, "59.9 s")]
    [InlineData(59.96, "1 min 0 s")]
    [InlineData(65, "1 min 5 s")]
    [InlineData(3599.6, "1 h 0 min")]
    [InlineData(86399, "23 h 59 min")]
    [InlineData(273_600, "3 d 4 h")]
    public void Duration_Seconds_HasTwoUnits(double seconds, string text) =>
        Quantity.Duration(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Fact]
    public void Percent_OfAlmostAll_IsNotAll() => Quantity.Percent(0.9999).ShouldBe("99%");

    [Fact]
    public void Keys_OfOne_IsSingular()
    {
        Quantity.Keys(1).ShouldBe("1 key");
        Quantity.Keys(1_234_567).ShouldBe("1,234,567 keys");
    }

    [Fact]
    public void Clock_OfDays_CountsHours() =>
        Quantity.Clock(new TimeSpan(days: 2, hours: 3, minutes: 4, seconds: 5)).ShouldBe("51:04:05");
}
