using Godwit.Migration;

namespace Godwit.Cli.Terminal;

public sealed class ProgressMeterTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Read_OverTime_RatesTheLastTenSeconds()
    {
        var meter = new ProgressMeter(_clock);
        var reading = default(ProgressReading);
        // A hundred keys a second for twenty seconds, then ten.
        long keys = 0;
        for (var second = 1; second <= 40; second++)
        {
            keys += second <= 20 ? 100 : 10;
            _clock.Move(TimeSpan.FromSeconds(1));
            reading = meter.Read(Progress(keys, keys * 1000, expectedKeys: keys + 50));
        }

        reading.KeysPerSecond.ShouldBe(10);
        reading.BytesPerSecond.ShouldBe(10_000);
        reading.Left.ShouldBe(TimeSpan.FromSeconds(5));
        reading.Elapsed.ShouldBe(TimeSpan.FromSeconds(40));
    }

    [Fact]
    public void Read_WithoutKeysExpected_GoesByBytes()
    {
        var meter = new ProgressMeter(_clock);
        _clock.Move(TimeSpan.FromSeconds(2));
        var reading = meter.Read(Progress(10, 200, expectedBytes: 800));
        reading.Fraction.ShouldBe(0.25);
        reading.Left.ShouldBe(TimeSpan.FromSeconds(6));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    [InlineData(9L)] // fewer than there are: the source grew
    public void Read_WithoutWhole_ClaimsNone(long? expectedKeys)
    {
        var meter = new ProgressMeter(_clock);
        _clock.Move(TimeSpan.FromSeconds(2));
        var reading = meter.Read(Progress(10, 200, expectedKeys));
        reading.Fraction.ShouldBeNull();
        reading.Left.ShouldBeNull();
    }

    [Fact]
    public void Read_AtOnce_HasNoRate()
    {
        var reading = new ProgressMeter(_clock).Read(Progress(10, 200, expectedKeys: 20));
        reading.KeysPerSecond.ShouldBe(0);
        reading.Left.ShouldBeNull();
    }

    private static MigrationProgress Progress(
        long keys,
        long bytes,
        long? expectedKeys = null,
        long? expectedBytes = null
    ) => new(new KeyCounts(keys, 0, 0, 0, 0), bytes, expectedKeys, expectedBytes, "copying");
}
