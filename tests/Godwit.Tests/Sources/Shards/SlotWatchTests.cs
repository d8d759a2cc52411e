using System.Collections.Frozen;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Cluster;
using Godwit.Sources.Shards;

namespace Godwit.Tests.Sources.Shards;

public sealed class SlotWatchTests : IAsyncDisposable
{
    private static readonly SlotRange Low = new(0, 8000);
    private static readonly SlotRange High = new(8001, HashSlot.Count - 1);

    private readonly KnownMap _topology = new(Map(0, [], (1, Low), (2, High)));
    private readonly SlotWatch _watch;

    public SlotWatchTests() => _watch = new SlotWatch(_topology, new Silence(), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _topology.DisposeAsync();
    }

    [Fact]
    public void Compare_SlotHasAnotherOwner_IsSuspect()
    {
        _watch.Compare(Map(1, [], (1, new SlotRange(0, 7999)), (3, new SlotRange(8000, HashSlot.Count - 1))));

        _watch.Suspects().ShouldBe([8000]);
    }

    [Fact]
    public void Compare_SlotBeginsToMove_IsSuspect()
    {
        _watch.Compare(Map(1, [5], (1, Low), (2, High)));

        _watch.Suspects().ShouldBe([5]);
    }

    [Fact]
    public void Compare_SlotHasStoppedMoving_IsSuspect()
    {
        _watch.Take(Map(1, [5], (1, Low), (2, High)));
        _watch.Compare(Map(2, [], (1, Low), (2, High)));

        _watch.Suspects().ShouldBe([5]);
    }

    [Fact]
    public void Compare_StillMovingAsBefore_IsNotSuspectForThatAlone()
    {
        _watch.Take(Map(1, [5], (1, Low), (2, High)));
        _watch.Compare(Map(2, [5], (1, Low), (2, High)));

        _watch.Suspects().ShouldBeEmpty();
    }

    [Fact]
    public void Compare_EpochGrewAndSlotsAreTheSame_AllOfTheOwnersAreSuspect()
    {
        // It got a slot and gave it away again between two looks.
        _watch.Compare(Map(1, [], (1, Low), (7, High)));

        _watch.Suspects().ShouldBe(Enumerable.Range(High.First, High.Count));
    }

    [Fact]
    public void Compare_OlderMap_ChangesNothing()
    {
        _watch.Take(Map(5, [], (1, Low), (2, High)));
        _watch.Compare(Map(4, [9], (1, Low), (2, High)));

        _watch.Suspects().ShouldBeEmpty();
    }

    [Fact]
    public void Start_SomeMoveAlready_AreSuspectAtOnce()
    {
        _watch.Compare(Map(1, [3], (1, Low), (2, High)));
        _watch.Take(Map(2, [3, 4], (1, Low), (2, High)));

        _watch.Start();

        _watch.Suspects().ShouldBe([3, 4]);
    }

    [Fact]
    public void TryAdd_Key_ItsSlotIsSuspect()
    {
        _watch.TryAdd(0, "key"u8).ShouldBeTrue();

        _watch.IsSuspect(HashSlot.Of("key"u8)).ShouldBeTrue();
        _watch.Take(_topology.Map).ShouldBe([HashSlot.Of("key"u8)]);
        _watch.Suspects().ShouldBeEmpty();
    }

    private static ShardMap Map(long version, int[] moving, params (long Epoch, SlotRange Slots)[] shards) =>
        new(
            version,
            [
                .. shards.Select(
                    (shard, i) =>
                        new Shard(
                            $"node{i}",
                            new RedisEndpoint { Host = "h", Port = 7000 + i },
                            [],
                            [shard.Slots],
                            shard.Epoch
                        )
                ),
            ],
            moving.ToFrozenSet()
        );

    private sealed class KnownMap(ShardMap map) : ServerTopology(map)
    {
        public override bool IsCluster => true;

        public override Endpoint Named => new RedisEndpoint { Host = "h" };

        protected override Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken) =>
            Task.FromResult(old);
    }

    private sealed class Silence : IMigrationLog
    {
        public void Info(string message) { }

        public void Warn(string message) { }
    }
}
