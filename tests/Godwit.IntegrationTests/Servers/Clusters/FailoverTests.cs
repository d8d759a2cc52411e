using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Servers.Clusters;

public sealed class FailoverTests
{
    [Fact]
    public async Task KillPrimaryAsync_WithAReplica_ItTakesOverAndNothingIsLost()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Replicas = 1 });
        DataSet.Fill(cluster);
        await cluster.CatchUpAsync();
        var before = ClusterStateReader.Read(cluster);
        var replica = cluster.Replicas(1).Single();
        using var client = cluster.Connect();
        var key = cluster.KeyIn(shard: 1);
        client.Call("SET", key, "before");
        client.Call("DEL", key);

        var killed = await cluster.KillPrimaryAsync(1);
        var writing = client.RepeatAsync("SET", key, "after");
        var primary = await cluster.WaitForTakeOverAsync(1);
        await writing;

        primary.ShouldBe(replica);
        primary.Client.Text("GET", key).ShouldBe("after");
        client.Call("DEL", key);
        ServerComparison.ShouldBeEqual(before, ClusterStateReader.Read(cluster), new() { IgnoreEntriesRead = true });
        await killed.StartAgainAsync();
        await cluster.SettleAsync();
        cluster.Replicas(1).ShouldBe([killed]);
    }

    [Fact]
    public async Task SuspendAsync_Primary_TheReplicaTakesOverAndTheOldPrimaryComesBackAsReplica()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Valkey91, new() { Replicas = 1 });
        var old = cluster.Primary(0);

        await old.SuspendAsync();
        var taker = await cluster.WaitForTakeOverAsync(0);
        await old.ResumeAsync();
        await cluster.SettleAsync();

        taker.ShouldNotBe(old);
        cluster.Replicas(0).ShouldBe([old]);
        (await cluster.FailOverAsync(0)).ShouldBe(old);
    }
}
