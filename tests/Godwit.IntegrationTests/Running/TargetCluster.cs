using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Running;

/// <summary>A cluster that a test writes to: three primaries, with other slots than a <see cref="SourceCluster"/> has.</summary>
internal sealed class TargetCluster : IAsyncDisposable
{
    private TargetCluster(TestCluster cluster) => Cluster = cluster;

    /// <summary>A test that borrows it leaves its slots and its nodes as they are.</summary>
    public TestCluster Cluster { get; }

    public string Uri => Cluster.Uri;

    public static async Task<TargetCluster> StartAsync(ServerVersion version) =>
        new(
            await TestCluster.StartAsync(
                version,
                new() { Slots = SlotDivision.Uneven(3), NodeTimeout = Fleet.NodeTimeout }
            )
        );

    public ServerState ReadState() => ClusterStateReader.Read(Cluster);

    public void Empty()
    {
        using var client = Cluster.Connect();
        client.Call("FLUSHALL");
        if (Cluster.Version != ServerVersion.Redis60)
            client.Call("FUNCTION", "FLUSH");
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
