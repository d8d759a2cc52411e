using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Servers.Clusters;

public sealed class MembershipTests
{
    [Fact]
    public async Task AddAndRemove_Primary_SlotsGoThereAndBack()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Primaries = 1 });
        DataSet.Fill(cluster);
        var before = ClusterStateReader.Read(cluster);
        var first = cluster.Primary(0);
        var range = new SlotRange(8000, 8499);
        var moved = new ComparisonOptions { ExpiryTolerance = 60_000 };

        var added = await cluster.AddPrimaryAsync();
        await cluster.MoveAsync(range.Slots, first, added);

        cluster.OwnerOf(8000).ShouldBe(added);
        added.Client.Number("DBSIZE").ShouldBeGreaterThan(10);
        ServerComparison.ShouldBeEqual(before, ClusterStateReader.Read(cluster), moved);
        var replica = await cluster.AddReplicaAsync(added.Shard);
        replica.Client.Number("DBSIZE").ShouldBe(added.Client.Number("DBSIZE"));

        await cluster.MoveAsync(range.Slots, added, first);
        await cluster.RemoveAsync(replica);
        await cluster.RemoveAsync(added);

        cluster.Nodes.ShouldBe([first]);
        ServerComparison.ShouldBeEqual(before, ClusterStateReader.Read(cluster), moved);
    }

    [Fact]
    public async Task ProxyAsync_ConnectionsCut_TheClientConnectsAgainThroughTheProxy()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Primaries = 2 });
        await using var proxy = await cluster.ProxyAsync(cluster.Primary(1));
        using var client = cluster.Connect();
        var key = cluster.KeyIn(shard: 1);
        client.Call("SET", key, "value");
        proxy.AcceptedConnections.ShouldBe(1);

        proxy.CutAll();

        Should.Throw<IOException>(() => client.Call("GET", key));
        client.Call("GET", key).ShouldBe("value"u8.ToArray());
        proxy.AcceptedConnections.ShouldBe(2);
    }
}
