using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live;
using Godwit.Live.Servers;
using Godwit.Live.State;

namespace Godwit.Tests.Live.Servers;

public sealed class SourceServersTests
{
    private static readonly ServerInfo Info = ServerInfo.Parse("redis_version:7.0.15\r\n");

    private static readonly ShardMap Beginning = Map(("a", 0, 5460), ("b", 5461, 10922), ("c", 10923, 16383));

    [Fact]
    public void LookAt_TheSameMap_IsTheSame() => Servers().LookAt(Beginning).ShouldBe(MapState.Same);

    [Fact]
    public void LookAt_ReplicaTookOver_IsTheSame() =>
        Servers().LookAt(Map(("a", 0, 5460), ("b2", 5461, 10922), ("c", 10923, 16383))).ShouldBe(MapState.Same);

    [Fact]
    public void LookAt_SlotsMoved_HasChanged() =>
        Servers().LookAt(Map(("a", 0, 5000), ("b", 5001, 10922), ("c", 10923, 16383))).ShouldBe(MapState.Changed);

    [Fact]
    public void LookAt_SlotsMoveStill_AreMoving() =>
        Servers().LookAt(new ShardMap(2, Beginning.Shards, new HashSet<int> { 7 })).ShouldBe(MapState.Moving);

    [Fact]
    public void LookAt_NobodyOwnsSomeForAMoment_IsMoving() =>
        Servers().LookAt(Map(("a", 0, 5460), ("c", 10923, 16383))).ShouldBe(MapState.Moving);

    [Fact]
    public void Adopt_SlotsMoved_TellsWhoGainedThem()
    {
        var servers = Servers();

        var changes = servers.Adopt(Map(("a", 0, 5000), ("b", 5001, 10922), ("c", 10923, 16383)), Info);

        changes.Added.ShouldBeEmpty();
        changes.Gone.ShouldBeEmpty();
        var (server, slots) = changes.Gained.ShouldHaveSingleItem();
        server.Shard.Name.ShouldBe("b");
        slots.ToString().ShouldBe("5001-5460");
        servers.LookAt(Map(("a", 0, 5000), ("b", 5001, 10922), ("c", 10923, 16383))).ShouldBe(MapState.Same);
    }

    [Fact]
    public void Adopt_ReplicaTookOver_KeepsTheNumber()
    {
        var servers = Servers();
        var b = servers.All[1];

        var changes = servers.Adopt(Map(("a", 0, 5460), ("b2", 5461, 10922), ("c", 10923, 16383)), Info);

        changes.Gained.ShouldBeEmpty();
        servers.All[1].ShouldBe(b);
        b.Number.ShouldBe(1);
        b.Shard.Name.ShouldBe("b2");
    }

    [Fact]
    public void Adopt_OneJoinsAndOneLeaves_TellsBoth()
    {
        var servers = Servers();
        var b = servers.All[1];

        var changes = servers.Adopt(Map(("a", 0, 10922), ("d", 10923, 12000), ("c", 12001, 16383)), Info);

        changes.Gone.ShouldBe([b]);
        changes.Added.ShouldHaveSingleItem().Number.ShouldBe(3);
        changes.Gained.ShouldHaveSingleItem().Slots.ToString().ShouldBe("5461-10922");
    }

    [Fact]
    public void Create_FromASavedState_SeesWhatMovedMeanwhile()
    {
        var saved = Servers().States;
        var now = Map(("a", 0, 5000), ("b2", 5001, 10922), ("c", 10923, 16383));
        var servers = new SourceServers(new FixedTopology(now), [Info], saved, TimeProvider.System);

        var changes = servers.Adopt(now, Info);

        servers.All.Select(server => server.Number).ShouldBe([0, 1, 2]);
        changes.Gained.ShouldHaveSingleItem().Slots.ToString().ShouldBe("5001-5460");
    }

    [Fact]
    public void States_SayWhoHasWhat() =>
        Servers()
            .States.ShouldBe([
                new ServerState(0, "a", "0-5460"),
                new ServerState(1, "b", "5461-10922"),
                new ServerState(2, "c", "10923-16383"),
            ]);

    private static SourceServers Servers() =>
        new(new FixedTopology(Beginning), [Info, Info, Info], saved: null, TimeProvider.System);

    private static ShardMap Map(params (string Name, int First, int Last)[] shards) =>
        new(
            1,
            [
                .. shards.Select(shard => new Shard(
                    shard.Name,
                    new RedisEndpoint { Host = shard.Name },
                    [],
                    [new SlotRange(shard.First, shard.Last)],
                    ConfigEpoch: 1
                )),
            ],
            new HashSet<int>()
        );

    private sealed class FixedTopology(ShardMap map) : ServerTopology(map)
    {
        public override bool IsCluster => true;

        public override Endpoint Named => new RedisEndpoint { Host = "cluster" };

        protected override Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken) =>
            Task.FromResult(old);
    }
}
