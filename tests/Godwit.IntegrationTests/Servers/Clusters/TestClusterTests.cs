using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Servers.Clusters;

public sealed class TestClusterTests
{
    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task StartAsync_ThreeShardsWithReplicas_HoldsTheDataSet(ServerVersion version)
    {
        await using var cluster = await TestCluster.StartAsync(version, new() { Replicas = 1 });
        await using var single = await RedisServer.StartAsync(version);
        using var client = single.Connect();

        DataSet.Fill(cluster);
        DataSet.FillFirstDatabase(client);

        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), ClusterStateReader.Read(cluster));
        foreach (var primary in cluster.Primaries)
        {
            primary.Client.Number("DBSIZE").ShouldBeGreaterThan(100);
            cluster.Replicas(primary.Shard).Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task StartAsync_FiveUnevenShardsWithDatabases_HoldsTheDataSet()
    {
        await using var cluster = await TestCluster.StartAsync(
            ServerVersion.Valkey91,
            new()
            {
                Primaries = 5,
                Slots = SlotDivision.Uneven(5),
                Databases = 16,
            }
        );
        await using var single = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var client = single.Connect();

        DataSet.Fill(cluster);
        DataSet.Fill(client);

        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), ClusterStateReader.Read(cluster));
        cluster.Primaries.Count.ShouldBe(5);
    }
}
