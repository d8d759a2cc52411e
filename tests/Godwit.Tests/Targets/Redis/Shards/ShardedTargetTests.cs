using Godwit.Migration;
using Godwit.Tests.Migration;
using static Godwit.Targets.Redis.Shards.FakeCluster;

namespace Godwit.Targets.Redis.Shards;

public sealed class ShardedTargetTests
{
    [Fact]
    public async Task Write_KeysOfBothServers_GoToTheirOwners()
    {
        await using var cluster = new FakeCluster();
        await cluster.WriteAsync(LowKey, HighKey);
        cluster.First.Keys.Keys.ShouldHaveSingleItem().Key.ShouldBe(LowKey);
        cluster.Second.Keys.Keys.ShouldHaveSingleItem().Key.ShouldBe(HighKey);
        cluster.Ledger.Counts.Written.ShouldBe(2);
        cluster.Ledger.Events.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_Moved_GoesToTheNewOwnerAndTellsOfIt()
    {
        await using var cluster = new FakeCluster();
        cluster.First.Intercept = command =>
            command.Name == "RESTORE" ? $"-MOVED {SlotOf(LowKey)} {Address(cluster.Second)}\r\n" : null;
        cluster.Topology.Becomes(cluster.Second.Endpoint, cluster.First.Endpoint);

        await cluster.WriteAsync(LowKey);

        cluster.Second.Text(LowKey).ShouldBe("v");
        cluster.First.Keys.ShouldBeEmpty();
        cluster.Ledger.Counts.Written.ShouldBe(1);
        cluster.Ledger.Events.All.ShouldContain(happened => happened.StartsWith("Slots of the target moved"));
    }

    [Fact]
    public async Task Write_Ask_GoesThereOnceAfterAsking()
    {
        await using var cluster = new FakeCluster();
        AnswerRestores(cluster.First, 1, _ => $"-ASK {SlotOf(LowKey)} {Address(cluster.Second)}\r\n");

        await cluster.WriteAsync(LowKey);

        cluster.Second.Text(LowKey).ShouldBe("v");
        var log = cluster.Second.Log;
        log[log.IndexOf($"RESTORE {LowKey}") - 1].ShouldBe("ASKING ");
        cluster.Ledger.Counts.Written.ShouldBe(1);
    }

    // Two names of one slot are together only where the whole slot is: the transaction waits until it has arrived.
    [Fact]
    public async Task Write_AskInATransaction_WaitsForTheSlot()
    {
        await using var cluster = new FakeCluster(write: WriteMode.Commands);
        var left = 2;
        cluster.First.Intercept = command =>
            command.Name == "RENAMENX" && left-- > 0 ? $"-ASK {SlotOf(LowKey)} {Address(cluster.Second)}\r\n" : null;

        await cluster.WriteAsync(LowKey);

        cluster.First.Text(LowKey).ShouldBe("v");
        cluster.First.Keys.Count.ShouldBe(1);
        cluster.Second.Keys.ShouldBeEmpty();
        cluster.Second.Count("ASKING").ShouldBe(0);
    }

    [Theory]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot")]
    [InlineData("CLUSTERDOWN The cluster is down")]
    [InlineData("READONLY You can't write against a read only replica.")]
    [InlineData("LOADING Redis is loading the dataset in memory")]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")]
    [InlineData("NOREPLICAS Not enough good replicas to write.")]
    public async Task Write_NotNow_IsWrittenLater(string error)
    {
        await using var cluster = new FakeCluster();
        AnswerRestores(cluster.First, 2, _ => $"-{error}\r\n");
        await cluster.WriteAsync(LowKey, HighKey);
        cluster.First.Text(LowKey).ShouldBe("v");
        cluster.First.Count($"RESTORE {LowKey}").ShouldBe(3);
        cluster.Second.Count($"RESTORE {HighKey}").ShouldBe(1);
        cluster.Ledger.Counts.Written.ShouldBe(2);
    }

    [Fact]
    public async Task Write_ReadOnlyAfterAFailover_GoesToTheNewPrimary()
    {
        await using var cluster = new FakeCluster();
        cluster.First.Intercept = command => command.Name == "RESTORE" ? "-READONLY It is a replica.\r\n" : null;
        await using var heir = new KeyServer();
        cluster.Topology.Becomes(heir.Endpoint, cluster.Second.Endpoint);

        await cluster.WriteAsync(LowKey, HighKey);

        heir.Text(LowKey).ShouldBe("v");
        cluster.Ledger.Events.All.ShouldContain(happened => happened.StartsWith("The target's primary changed"));
    }

    // It was written, and nobody knows: what is there the second time is ours.
    [Fact]
    public async Task Write_ConnectionLostBeforeTheReply_CountsOnce()
    {
        await using var cluster = new FakeCluster();
        AnswerRestores(
            cluster.First,
            1,
            command =>
            {
                cluster.First.Set(command.Key, "v");
                return KeyServer.Close;
            }
        );

        await cluster.WriteAsync(LowKey);

        cluster.First.Count($"RESTORE {LowKey}").ShouldBe(2);
        cluster.Ledger.Counts.ShouldBe(new KeyCounts(Written: 1, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        cluster.Ledger.Existing.ShouldBe(0);
    }

    // Somebody else wrote it meanwhile: another value, or the same one with an expiry.
    [Theory]
    [InlineData("w", -1)]
    [InlineData("v", 4_000_000_000_000)]
    public async Task Write_ConnectionLostAndAnothersKeyIsThere_Fails(string value, long expireAt)
    {
        await using var cluster = new FakeCluster();
        AnswerRestores(
            cluster.First,
            1,
            command =>
            {
                cluster.First.Set(command.Key, value, expireAt: expireAt);
                return KeyServer.Close;
            }
        );

        await cluster.WriteAsync(LowKey);

        cluster.First.Text(LowKey).ShouldBe(value);
        cluster.Ledger.Counts.Failed.ShouldBe(1);
        cluster.Failed().ShouldContain("the target has this key already");
    }

    [Fact]
    public async Task Write_KeyWasThereBefore_Fails()
    {
        await using var cluster = new FakeCluster();
        cluster.First.Set(LowKey, "v");
        await cluster.WriteAsync(LowKey);
        cluster.Ledger.Counts.Failed.ShouldBe(1);
        cluster.Ledger.Existing.ShouldBe(1);
    }
}
