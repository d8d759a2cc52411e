using System.Text;
using Godwit.Batches;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live.Changes;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Live.Routing;
using Godwit.Protocol.Cluster;
using Godwit.Tests.Live.Changes;

namespace Godwit.Tests.Live.Routing;

/// <summary>What becomes of changes, and which lane they take. Slots: a 15495, b 3300, c 7365, d 11298.</summary>
public sealed class ChangeRouterTests : IDisposable
{
    private readonly FakeStream _stream = new();
    private readonly BufferBudget _budget = new(1 << 24);
    private readonly List<LaneBatch> _routed = [];

    // Lane 0 has b and c, lane 1 has a and d.
    private static readonly LaneMap TwoShards = LaneMap.Of(
        new ShardMap(1, [Shard("one", 0, 8191), Shard("two", 8192, 16383)], new HashSet<int>())
    );

    public void Dispose()
    {
        foreach (var batch in _routed)
            batch.Dispose();
        _stream.Dispose();
    }

    [Fact]
    public async Task Route_OneKey_GoesToTheLaneOfItsSlot()
    {
        var lanes = await RouteAsync(TwoShards, "SET a 1", "SET b 2", "INCR c", "APPEND d x");

        lanes[0].ShouldBe(["Apply SET b 2", "Apply INCR c"]);
        lanes[1].ShouldBe(["Apply SET a 1", "Apply APPEND d x"]);
        _routed.ShouldAllBe(batch => batch.Through == _stream.Bytes.Written);
    }

    [Fact]
    public async Task Route_ManyKeysEachForItself_IsCutBySlot()
    {
        var lanes = await RouteAsync(TwoShards, "DEL a b {b}x c", "MSET a 1 b 2 {a}y 3", "UNLINK b {b}x");

        lanes[0].ShouldBe(["Apply DEL b {b}x", "Apply DEL c", "Apply MSET b 2", "Apply UNLINK b {b}x"]);
        lanes[1].ShouldBe(["Apply DEL a", "Apply MSET a 1 {a}y 3"]);
    }

    [Fact]
    public async Task Route_WhatDependsOnSeveralSlots_ReadsAnewWhatItWrites()
    {
        var lanes = await RouteAsync(
            TwoShards,
            "RENAME a b",
            "SINTERSTORE c a b",
            "COPY b d",
            "RENAME b {b}x",
            "BITOP AND a b c"
        );

        lanes[0].ShouldBe(["Reread a b > b", "Reread c a b > c", "Apply RENAME b {b}x"]);
        lanes[1].ShouldBe(["Reread a b > a", "Reread b d > d", "Reread AND a b c > a"]);
    }

    [Fact]
    public async Task Route_Transaction_EndsForEachLaneWhereItsPartDoes()
    {
        await _stream.SendAsync("MULTI", "SET b 1", "SET a 1", "SET b 2", "EXEC", "SET a 2");
        var batches = await RouteAsync(Options(TwoShards));

        var exec = StreamText.Of("MULTI", "SET b 1", "SET a 1", "SET b 2", "EXEC").Length;
        batches[0].Steps.Select(step => (step.EndsGroup, step.Offset == exec)).ShouldBe([(false, false), (true, true)]);
        batches[1].Steps.Select(step => (step.EndsGroup, step.Offset == exec)).ShouldBe([(true, true), (true, false)]);
    }

    [Fact]
    public async Task Route_SlotsOfAnotherServer_DoNotCount()
    {
        var own = new SlotSet(Enumerable.Range(0, 8192));
        await _stream.SendAsync("SET a 1", "SET b 2", "DEL a");
        var router = new ChangeRouter(
            Options(LaneMap.Single) with
            {
                Slots = own,
            },
            new ExpiryHold(TimeProvider.System)
        );

        var batches = await RouteAsync(router);

        Describe(batches[0]).ShouldBe(["Apply SET b 2"]);
        router.Foreign.Keys.ShouldBe([DatabaseKey.Of(0, "a"u8)]);
    }

    [Fact]
    public async Task Route_NotKnownWhetherAppliedBefore_IsReadAnew()
    {
        await _stream.SendAsync("INCR a", "INCR a", "INCR b");
        var known = StreamText.Of("INCR a", "INCR a").Length;

        var batches = await RouteAsync(Options(TwoShards) with { UncertainThrough = known });

        Describe(batches[0]).ShouldBe(["Apply INCR b"]);
        Describe(batches[1]).ShouldBe(["Reread a > a", "Reread a > a"]);
    }

    [Fact]
    public async Task Route_FlushAtOneServer_GoesAsItIs() =>
        (await RouteAsync(LaneMap.Single, "FLUSHALL"))[0].ShouldBe(["Apply FLUSHALL"]);

    // Which knows what of its server is meant.
    [Fact]
    public async Task Route_FlushOfACluster_IsLeftToEachLane()
    {
        var lanes = await RouteAsync(TwoShards, "FLUSHALL");

        lanes[0].ShouldBe(["Reread  > "]);
        lanes[1].ShouldBe(["Reread  > "]);
    }

    [Fact]
    public async Task Route_FlushOfADatabaseThatIsMerged_IsRefused()
    {
        await _stream.SendAsync("SELECT 1", "SET a 1", "SELECT 2", "FLUSHDB");

        var refusal = await Should.ThrowAsync<ChangeRefusedException>(() =>
            RouteAsync(Options(LaneMap.Single) with { DatabaseOf = _ => 0, IsWhole = true })
        );

        refusal.Message.ShouldContain("FLUSHDB");
    }

    [Fact]
    public async Task Route_KeysMayHaveDiedAtTheTarget_WhatIsMadeOfOthersIsReadAnewUpToThere()
    {
        string[] before = ["SUNIONSTORE a b c", "SMOVE a b m", "MOVE a 1", "SADD a m", "DEL a b", "MSET a 1 b 2"];
        await _stream.SendAsync([.. before, "SUNIONSTORE a b c"]);
        var router = new ChangeRouter(Options(LaneMap.Single), new ExpiryHold(TimeProvider.System))
        {
            DeathsThrough = _stream.Bytes.Written - 1,
        };

        var lanes = await RouteAsync(router);

        lanes[0]
            .Steps.Select(step => step.Action)
            .ShouldBe([.. Enumerable.Repeat(LaneAction.Reread, 3), .. Enumerable.Repeat(LaneAction.Apply, 4)]);
    }

    [Fact]
    public async Task Route_CommandOfAModuleIntoACluster_IsRefused()
    {
        await _stream.SendAsync("FOO.SET a 1");

        var refusal = await Should.ThrowAsync<ChangeRefusedException>(() => RouteAsync(Options(TwoShards)));

        refusal.Message.ShouldContain("FOO.SET");
    }

    [Fact]
    public async Task Route_RecordsOfJobs_AreNoData()
    {
        var lanes = await RouteAsync(LaneMap.Single, "SET godwit:position:0123 x", "SET a 1");

        lanes[0].ShouldBe(["Apply SET a 1"]);
    }

    private static Shard Shard(string name, int first, int last) =>
        new(name, new RedisEndpoint { Host = name }, [], [new SlotRange(first, last)], ConfigEpoch: 1);

    private static RoutingOptions Options(LaneMap lanes) =>
        new()
        {
            DatabaseOf = database => database,
            MayFlush = true,
            IsWhole = true,
            MaySwap = true,
            Lanes = lanes,
        };

    private async Task<List<string>[]> RouteAsync(LaneMap lanes, params string[] commands)
    {
        await _stream.SendAsync(commands);
        return [.. (await RouteAsync(Options(lanes))).Select(Describe)];
    }

    private Task<IReadOnlyList<LaneBatch>> RouteAsync(RoutingOptions options) =>
        RouteAsync(new ChangeRouter(options, new ExpiryHold(TimeProvider.System)));

    private async Task<IReadOnlyList<LaneBatch>> RouteAsync(ChangeRouter router)
    {
        var reader = new ChangeReader(_stream, 0, 0, _budget);
        await foreach (var batch in reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var routed = router.Route(batch);
            _routed.AddRange(routed);
            return routed;
        }

        throw new InvalidOperationException("the stream has ended");
    }

    // A command as it is sent; of what is read anew its words but for the name, and the keys that this lane reads.
    private static List<string> Describe(LaneBatch batch)
    {
        var lines = new List<string>();
        foreach (var step in batch.Steps)
        {
            var words = Encoding
                .ASCII.GetString(step.Command.Span)
                .Split("\r\n")[1..^1]
                .Where((_, i) => i % 2 == 1)
                .ToArray();
            lines.Add(
                step.Action == LaneAction.Apply
                    ? $"Apply {string.Join(' ', words)}"
                    : $"Reread {string.Join(' ', words[1..])} > {string.Join(' ', batch.Changes.KeysOf(step).Written.Select(key => key.Name))}"
            );
        }

        return lines;
    }
}
