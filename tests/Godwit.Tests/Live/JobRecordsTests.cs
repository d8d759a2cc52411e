using System.Text;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live;
using Godwit.Live.Positions;
using Godwit.Live.Servers;
using Godwit.Live.State;
using Godwit.Protocol.Cluster;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Tests.Live;

public sealed class JobRecordsTests : IAsyncDisposable
{
    private static readonly RedisEndpoint[] Primaries = [new() { Host = "a" }, new() { Host = "b" }];

    private readonly FixedTopology _target = new(Primaries);
    private readonly FollowedServer _server = new SourceServers(
        new FixedTopology(new RedisEndpoint { Host = "source" }),
        [ServerInfo.Parse("redis_version:7.0.15\r\n")],
        saved: null,
        TimeProvider.System
    ).All[0];

    [Fact]
    public void NamesOf_Cluster_NamesOneInASlotOfEachShard() =>
        Slots(Records().NamesOf(_server, _target.Map))
            .Select(slot => _target.Map.OwnerOf(slot))
            .ShouldBe([0, 1], "each shard has its own");

    [Fact]
    public void NamesOf_OtherSlotsHaveMoved_KeepsTheNames()
    {
        var names = Records().NamesOf(_server, _target.Map);
        var (first, second) = (Slots(names)[0], Slots(names)[1]);

        Records(names).NamesOf(_server, Map((first, first), (first + 1, HashSlot.Count - 1))).ShouldBe(names);
        Records(names)
            .NamesOf(_server, Map((0, second - 1), (second, HashSlot.Count - 1)))
            .ShouldBe(names, "not the first slot by now, but a slot of the same shard");
    }

    [Fact]
    public void NamesOf_ItsSlotHasMoved_TakesAnother()
    {
        var names = Records().NamesOf(_server, _target.Map);
        var first = Slots(names)[0];
        var map = Map((first + 1, (HashSlot.Count / 2) - 1), (HashSlot.Count / 2, HashSlot.Count - 1), (first, first));

        var now = Records(names).NamesOf(_server, map);

        Slots(now).Select(slot => map.OwnerOf(slot)).ShouldBe([0, 1, 2]);
        now.Skip(1).ShouldBe([names[1], names[0]]);
    }

    // Slots move on while records are being written: what is written and what is followed must go by one and the same map.
    [Fact]
    public async Task NamesOf_TheTargetIsAnotherByNow_GoesByTheMapThatItIsGiven()
    {
        var before = _target.Map;
        var names = Records().NamesOf(_server, before);
        _target.Becomes([.. Primaries, new RedisEndpoint { Host = "c" }]);
        await _target.RenewAsync();

        Records().NamesOf(_server, before).ShouldBe(names);
        Records().NamesOf(_server, _target.Map).Count.ShouldBe(3);
    }

    public ValueTask DisposeAsync() => _target.DisposeAsync();

    private JobRecords Records(IReadOnlyList<string>? known = null) =>
        new(
            JobDirectory.Open(Path.GetTempPath()),
            new JobState
            {
                Job = "0123456789ab",
                Source = "redis://source",
                Target = "redis://a",
                Records = [.. (known ?? []).Select(name => new RecordState(name, _server.Number, Sequence: 1))],
            },
            new PositionBook(_target, database: 0, new ConnectionOptions(), TimeProvider.System),
            _target
        );

    private static int[] Slots(IEnumerable<string> names) =>
        [.. names.Select(name => HashSlot.Of(Encoding.ASCII.GetBytes(name)))];

    private static ShardMap Map(params (int First, int Last)[] shards) =>
        new(
            version: 1,
            [
                .. shards.Select(
                    (slots, index) =>
                        new Shard(
                            $"{index}",
                            new RedisEndpoint { Host = $"{index}" },
                            [],
                            [new SlotRange(slots.First, slots.Last)],
                            ConfigEpoch: 1
                        )
                ),
            ],
            new HashSet<int>()
        );
}
