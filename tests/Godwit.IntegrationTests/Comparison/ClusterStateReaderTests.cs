using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Comparison;

public sealed class ClusterStateReaderTests
{
    [Fact]
    public async Task Read_KeyOnTwoPrimaries_Throws()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Primaries = 2 });
        using var client = cluster.Connect();
        var (key, slot) = ("key", HashSlot.Of("key"u8));
        client.Call("SET", key, "value");
        var owner = cluster.OwnerOf(slot);
        var other = cluster.Primaries.Single(primary => primary != owner);
        ClusterStateReader.Read(cluster).Keys.Count.ShouldBe(1);

        other.Client.Call("CLUSTER", "SETSLOT", slot, "IMPORTING", owner.Id);
        other.Client.Call("ASKING");
        other.Client.Call("SET", key, "value");
        other.Client.Call("CLUSTER", "SETSLOT", slot, "STABLE");

        Should
            .Throw<ClusterStateException>(() => ClusterStateReader.Read(cluster))
            .Message.ShouldContain($"db 0 key \"key\" of slot {slot} is on the node at port {other.Port}");
    }

    [Fact]
    public async Task Read_FunctionOnOnePrimaryAlone_Throws()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Primaries = 2 });

        Data.FunctionLibrary.Load(cluster.Primary(1).Client);

        Should.Throw<ClusterStateException>(() => ClusterStateReader.Read(cluster)).Message.ShouldContain("functions");
    }
}
