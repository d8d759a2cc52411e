using Godwit.Planning.Replication;

namespace Godwit.Tests.Planning;

public sealed class ReplicaBufferLimitTests
{
    [Theory]
    [InlineData("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60")]
    [InlineData("replica 268435456 67108864 60")]
    public void TryParse_OfSetting_ReadsWhatIsForReplicas(string setting) =>
        ReplicaBufferLimit
            .TryParse(setting)
            .ShouldBe(new ReplicaBufferLimit(268_435_456, 67_108_864, TimeSpan.FromMinutes(1)));

    [Theory]
    [InlineData("")]
    [InlineData("normal 0 0 0")]
    [InlineData("slave 1 2")]
    [InlineData("slave -1 2 3")]
    [InlineData("slave 256mb 64mb 60")]
    public void TryParse_OfAnythingElse_IsNull(string setting) => ReplicaBufferLimit.TryParse(setting).ShouldBeNull();

    [Theory]
    [InlineData(1000, 500, 60, 10, 100)] // The hard limit comes first.
    [InlineData(1000, 100, 60, 10, 70)] // The soft one does, and is borne for a while.
    [InlineData(0, 100, 60, 10, 70)]
    [InlineData(1000, 0, 60, 10, 100)]
    [InlineData(0, 0, 0, 10, null)]
    public void Lasts_AtARate_IsUntilTheFirstLimit(long hard, long soft, int time, double rate, int? seconds) =>
        new ReplicaBufferLimit(hard, soft, TimeSpan.FromSeconds(time))
            .Lasts(rate)
            ?.TotalSeconds.ShouldBe(seconds!.Value);

    [Fact]
    public void Lasts_WithoutLimits_IsForEver() => new ReplicaBufferLimit(0, 0, TimeSpan.Zero).Lasts(1).ShouldBeNull();
}
