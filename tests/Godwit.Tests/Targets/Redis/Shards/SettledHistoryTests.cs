using Godwit.Endpoints;
using Godwit.Migration;
using static Godwit.Targets.Redis.Shards.ReplicationPositionTests;

namespace Godwit.Targets.Redis.Shards;

public sealed class SettledHistoryTests
{
    private static readonly RedisEndpoint First = Node(7001);
    private static readonly RedisEndpoint Second = Node(7002);
    private static readonly RedisEndpoint Third = Node(7003);

    private readonly RunEvents _events = new();

    [Fact]
    public async Task Check_ReplicaHadAll_TakesItsPlace()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        topology.Becomes(Second);
        await topology.RenewAsync();

        settled.Check(Second, At("two", "other", 300, "one", 101));

        settled.NotAmong([Second.Address]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Check_ReplicaWasBehind_SaysThatKeysAreLost()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        settled.Note(First, At("one", "run", 90));

        var exception = Should.Throw<SettledKeysLostException>(() =>
            settled.Check(Second, At("two", "other", 300, "one", 100))
        );

        exception.Message.ShouldContain("127.0.0.1:7002 has not got all that 127.0.0.1:7001 had");
        exception.WhatToDo!.ShouldContain("--on-existing replace");
    }

    [Fact]
    public async Task Check_ServerCameBackWithOtherData_SaysThatKeysAreLost()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        Should
            .Throw<SettledKeysLostException>(() => settled.Check(First, At("two", "later run", 0)))
            .Message.ShouldContain("has come back without");
    }

    // Each has the name of one earlier history alone: what it has taken over counts as its own from then on.
    [Fact]
    public async Task Check_SecondFailover_GoesByTheHistoryOfTheFirst()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        settled.Check(Second, At("two", "other", 300, "one", 250));
        settled.Note(Second, At("two", "other", 400));

        settled.Check(Third, At("three", "third", 500, "two", 401));

        settled.NotAmong([Third.Address]).ShouldBeEmpty();
        Should.Throw<SettledKeysLostException>(() => settled.Check(Third, At("four", "fourth", 500, "three", 390)));
    }

    // It was to follow the second primary, which was lost before that.
    [Fact]
    public async Task Check_SecondFailoverBeforeAnythingNewIsSettled_GoesByTheFirstHistory()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        settled.Check(Second, At("two", "other", 300, "one", 250));

        settled.Check(Third, At("three", "third", 120, "one", 101));

        settled.NotAmong([Third.Address]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Check_SecondFailoverAfterMoreWasSettled_SaysThatKeysAreLost()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        settled.Check(Second, At("two", "other", 300, "one", 250));
        settled.Note(Second, At("two", "other", 300));

        settled.Check(Third, At("three", "third", 120, "one", 101));

        settled.NotAmong([Third.Address]).ShouldHaveSingleItem().ShouldBe(Second);
    }

    [Fact]
    public async Task Check_OtherShard_IsNotConcerned()
    {
        await using var topology = new FixedTopology(First, Second);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));

        settled.Check(Second, At("two", "other", 3));

        settled.NotAmong([Second.Address]).ShouldHaveSingleItem().ShouldBe(First);
    }

    // Keys went with their slots to a primary that was there before: nothing was taken over.
    [Fact]
    public async Task NotAmong_SlotsMovedAway_NothingIsAsked()
    {
        await using var topology = new FixedTopology(First, Second);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        topology.Becomes(Second);
        await topology.RenewAsync();
        settled.NotAmong([Second.Address]).ShouldBeEmpty();
    }

    [Fact]
    public async Task NotAmong_PrimaryIsGone_ItIsNamed()
    {
        await using var topology = new FixedTopology(First, Second);
        var settled = new SettledHistory(topology, _events);
        settled.Note(First, At("one", "run", 100));
        topology.Becomes(Third, Second);
        await topology.RenewAsync();
        settled.NotAmong([Third.Address, Second.Address]).ShouldHaveSingleItem().ShouldBe(First);
    }

    [Fact]
    public async Task Check_SilentServers_AreToldOfAfterAChangeOnly()
    {
        await using var topology = new FixedTopology(First);
        var settled = new SettledHistory(topology, _events);
        settled.Check(First, now: null);
        settled.Check(First, now: null);
        _events.All.ShouldBeEmpty();
        topology.Becomes(Second);
        await topology.RenewAsync();

        settled.Check(Second, now: null);
        settled.Check(Second, now: null);

        _events.All.ShouldHaveSingleItem().ShouldContain("does not tell (INFO)");
    }

    internal static RedisEndpoint Node(int port) => new() { Host = "127.0.0.1", Port = port };
}
