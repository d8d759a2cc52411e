using Godwit.Endpoints;
using Godwit.Tests.Connections;
using static Godwit.Targets.Redis.Shards.SettledHistoryTests;

namespace Godwit.Targets.Redis.Shards;

public sealed class ReplicaRollTests
{
    private static readonly RedisEndpoint First = Node(7001);
    private static readonly RedisEndpoint Second = Node(7002);
    private static readonly RedisEndpoint Third = Node(7003);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task CountFor_ReplicaIsListed_CountsIt()
    {
        await using var topology = new FixedTopology(First);
        var roll = new ReplicaRoll(topology, _time);
        await ChangeAsync(topology, First, Second, Third);
        roll.CountFor(First.Address).ShouldBe(2);
        roll.CountFor(Second.Address).ShouldBe(0);
    }

    // Whoever watches over it takes it for down while it changes its primary.
    [Fact]
    public async Task CountFor_AfterAFailover_TheOtherReplicaIsExpected()
    {
        await using var topology = new FixedTopology(First);
        var roll = new ReplicaRoll(topology, _time);
        await ChangeAsync(topology, First, Second, Third);
        roll.CountFor(First.Address);

        await ChangeAsync(topology, Second);
        roll.CountFor(Second.Address).ShouldBe(1);
        await ChangeAsync(topology, Second, Third);
        _time.Advance(TimeSpan.FromMinutes(1));
        roll.CountFor(Second.Address).ShouldBe(1);
    }

    // Sentinels list the one that was killed as a replica of its successor, and for a moment do not know that it is down.
    [Fact]
    public async Task CountFor_FormerPrimaryIsListed_IsNotWaitedFor()
    {
        await using var topology = new FixedTopology(First);
        var roll = new ReplicaRoll(topology, _time);
        await ChangeAsync(topology, First, Second, Third);
        roll.CountFor(First.Address);
        await ChangeAsync(topology, Second, First, Third);
        roll.CountFor(Second.Address).ShouldBe(1);
    }

    [Fact]
    public async Task CountFor_ReplicaStaysAway_IsWaitedForAWhile()
    {
        await using var topology = new FixedTopology(First);
        var roll = new ReplicaRoll(topology, _time);
        await ChangeAsync(topology, First, Second);
        roll.CountFor(First.Address);
        await ChangeAsync(topology, First);
        roll.CountFor(First.Address).ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(11));

        roll.CountFor(First.Address).ShouldBe(0);
        await ChangeAsync(topology, First, Second);
        roll.CountFor(First.Address).ShouldBe(1);
    }

    private static Task ChangeAsync(FixedTopology topology, RedisEndpoint primary, params RedisEndpoint[] replicas)
    {
        topology.Becomes([primary], replicas);
        return topology.RenewAsync();
    }
}
