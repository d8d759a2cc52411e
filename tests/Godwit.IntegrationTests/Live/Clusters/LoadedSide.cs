using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>An end of a live migration in a test: one server, or a cluster.</summary>
internal sealed class LoadedSide : IAsyncDisposable
{
    private readonly RedisServer? _server;

    private LoadedSide(RedisServer? server, TestCluster? cluster)
    {
        _server = server;
        Cluster = cluster;
        Clients = server is not null
            ? [server.Connect()]
            : [.. cluster!.Primaries.Select(primary => primary.Connect())];
    }

    /// <summary>Null for one server.</summary>
    public TestCluster? Cluster { get; }

    /// <summary>A connection to each primary that there was in the beginning.</summary>
    public RespClient[] Clients { get; }

    public ServerFeatures Features => ServerFeatures.Ask(Clients[0]);

    public string Uri => _server?.Uri ?? Cluster!.Uri;

    /// <summary>Where a load writes.</summary>
    public IReadOnlyList<LoadNode> Nodes => _server is not null ? LoadNode.Of(_server) : LoadNode.Of(Cluster!);

    public static async Task<LoadedSide> StartAsync(ServerVersion version, ClusterSettings? cluster) =>
        cluster is null
            ? new(await RedisServer.StartAsync(version), null)
            : new(null, await TestCluster.StartAsync(version, cluster));

    /// <summary>Everything that it holds.</summary>
    public ServerState Read() =>
        _server is not null ? ServerStateReader.Read(Clients[0]) : ClusterStateReader.Read(Cluster!);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
            client.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        if (Cluster is not null)
            await Cluster.DisposeAsync();
    }
}
