using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Planning;
using Godwit.Planning.Sampling;

namespace Godwit.Tests.Planning;

public sealed class EstimateTests
{
    private static readonly MigrationOptions Options = new()
    {
        Sources = [new RedisEndpoint { Host = "a" }],
        Target = new RedisEndpoint { Host = "b" },
    };

    [Fact]
    public void Of_Sample_IsExtrapolatedToAllKeys()
    {
        var estimate = Estimate.Of([Source(keys: 1000, payload: 50)], Options)!;

        estimate.Keys.ShouldBe(1000);
        estimate.Bytes.ShouldBe(50_000);
        estimate.Duration.ShouldBe(TimeSpan.FromSeconds(10));
        estimate.KeysPerSecond.ShouldBe(100);
    }

    [Theory]
    [InlineData(10L, null, 100)]
    [InlineData(null, 100L, 500)]
    [InlineData(1_000_000L, null, 10)]
    public void Of_SampleAndLimits_TakesNoLessThanTheyAllow(long? keysPerSecond, long? bytesPerSecond, int seconds)
    {
        var options = Options with { MaxKeysPerSecond = keysPerSecond, MaxBytesPerSecond = bytesPerSecond };

        Estimate.Of([Source(keys: 1000, payload: 50)], options)!.Duration!.Value.TotalSeconds.ShouldBe(seconds);
    }

    [Fact]
    public void Of_SeveralSources_TakesAsLongAsTheLongest()
    {
        var estimate = Estimate.Of([Source(1000, 50), Source(2000, 50), Source(0, 50)], Options)!;

        estimate.Duration.ShouldBe(TimeSpan.FromSeconds(20));
        estimate.Keys.ShouldBe(3000);
        estimate.Assumption.ShouldContain("side by side");
    }

    [Fact]
    public void Of_LargeValues_CountsTheirBytes()
    {
        var source = Source(keys: 100, payload: 50, largeMemory: 104_857_600);

        // One of eleven sampled keys is large, so about nine of a hundred are: a second each, beside a second for the keys.
        Estimate.Of([source], Options)!.Duration!.Value.TotalSeconds.ShouldBe(1 + (100.0 / 11), 0.01);
    }

    [Fact]
    public void Of_SourceThatDoesNotCount_IsNull()
    {
        var source = Source(1, 50);

        Estimate.Of([source with { End = source.End with { Keys = null } }], Options).ShouldBeNull();
        Estimate.Of([source with { Sample = null }], Options).ShouldBeNull();
        Estimate.Of([source with { Sample = new KeySample() }], Options).ShouldBeNull();
    }

    // Ten keys, read in a tenth of a second.
    private static SourcePlan Source(long keys, int payload, long? largeMemory = null)
    {
        var sampled = Enumerable
            .Range(0, 10)
            .Select(i => new SampledKey(0, [(byte)i], "string") { Memory = payload, PayloadLength = payload });
        if (largeMemory is { } memory)
            sampled = sampled.Append(new SampledKey(0, [99], "list") { Memory = memory });
        return new SourcePlan
        {
            End = new EndPlan { Uri = "redis://a:6379", Keys = keys },
            Sample = new KeySample
            {
                Keys = [.. sampled],
                TimedKeys = 10,
                TimedDuration = TimeSpan.FromSeconds(0.1),
            },
        };
    }
}
