using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Servers.Clusters;

public sealed class SlotMoveTests
{
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task BeginMove_KeysOnBothSides_EachIsFoundAndNoneIsLost(ServerVersion version)
    {
        var databases = version == ServerVersion.Valkey91 ? 16 : 1;
        await using var cluster = await TestCluster.StartAsync(version, new() { Databases = databases });
        using var client = cluster.Connect();
        string[] names = [.. Enumerable.Range(0, 150).Select(i => $"{{moving}}{i}")];
        client.Pipeline(names.Select(name => (object[])["SET", name, name]));
        var last = databases - 1;
        client.Call("SELECT", last);
        client.Call("SET", "{moving}last", "in the last database");
        client.Call("SELECT", 0);
        var slot = HashSlot.Of("moving"u8);
        var from = cluster.OwnerOf(slot);
        var to = cluster.Primaries.First(primary => primary != from);

        var move = cluster.BeginMove(slot, to, keysLeftBehind: 20);
        move.KeysLeft.ShouldBe(20);
        to.Client.Number("CLUSTER", "COUNTKEYSINSLOT", slot).ShouldBe(151 - 20);
        client
            .Pipeline(names.Select(name => (object[])["GET", name]))
            .Select(reply => Bytes.Text(reply))
            .ShouldBe(names);
        client.Call("SET", "{moving}new", "value");
        from.Client.Try("GET", "{moving}new").ShouldBeOfType<RespError>().Message.ShouldStartWith("ASK ");
        await move.FinishAsync();

        cluster.OwnerOf(slot).ShouldBe(to);
        from.Client.Number("DBSIZE").ShouldBe(0);
        var state = ClusterStateReader.Read(cluster);
        state.Keys.Count.ShouldBe(152);
        state.Keys.Keys.ShouldContain(new KeyName(last, "{moving}last"));
        client.Call("GET", "{moving}new").ShouldBe("value"u8.ToArray());
    }

    [Fact]
    public async Task MoveAtOnceAsync_HalfOfTheSlots_EachKeyIsThereOnce()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Valkey91, new() { Primaries = 2 });
        DataSet.Fill(cluster);
        var before = ClusterStateReader.Read(cluster);

        await cluster.MoveAtOnceAsync(new(0, 4000), cluster.Primary(0), cluster.Primary(1));

        ServerComparison.ShouldBeEqual(before, ClusterStateReader.Read(cluster));
        cluster.OwnerOf(4000).ShouldBe(cluster.Primary(1));
        cluster.OwnerOf(4001).ShouldBe(cluster.Primary(0));
    }
}
