using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Running;

/// <summary>A cluster of three shards, each with a replica, that holds the data set, and what it holds.</summary>
internal sealed class SourceCluster : IAsyncDisposable
{
    private SourceCluster(TestCluster cluster)
    {
        Cluster = cluster;
        State = ClusterStateReader.Read(cluster);
    }

    /// <summary>A test that borrows it leaves its keys, its slots and its nodes as they are.</summary>
    public TestCluster Cluster { get; }

    /// <summary>What its primaries hold together.</summary>
    public ServerState State { get; }

    public string Uri => Cluster.Uri;

    public static async Task<SourceCluster> StartAsync(ServerVersion version)
    {
        var cluster = await TestCluster.StartAsync(version, new() { Replicas = 1, NodeTimeout = Fleet.NodeTimeout });
        DataSet.Fill(cluster);
        await cluster.CatchUpAsync();
        return new(cluster);
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
