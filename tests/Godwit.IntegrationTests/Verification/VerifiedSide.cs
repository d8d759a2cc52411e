using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Verification;

/// <summary>A server or a cluster of any number of shards, that one side of a comparison is.</summary>
internal sealed class VerifiedSide : IAsyncDisposable
{
    private readonly RedisServer? _server;
    private readonly RespClient? _client;
    private readonly ClusterClient? _clients;

    private VerifiedSide(RedisServer server) => (_server, _client) = (server, server.Connect());

    private VerifiedSide(TestCluster cluster) => (Cluster, _clients) = (cluster, cluster.Connect());

    /// <summary>Null for a single server.</summary>
    public TestCluster? Cluster { get; }

    public string Uri => _server?.Uri ?? Cluster!.Uri;

    public IRespPipeline Client => (IRespPipeline?)_client ?? _clients!;

    /// <summary>One of its servers.</summary>
    public RespClient One => _client ?? Cluster!.Primaries[0].Client;

    /// <summary>Starts one.</summary>
    /// <param name="version">Of its servers.</param>
    /// <param name="shards">0 for a single server.</param>
    /// <param name="databases">More than one in a cluster: Valkey from 9.0 on.</param>
    public static async Task<VerifiedSide> StartAsync(ServerVersion version, int shards, int databases = 1) =>
        shards == 0
            ? new(await RedisServer.StartAsync(version))
            : new(await TestCluster.StartAsync(version, new() { Primaries = shards, Databases = databases }));

    /// <summary>Starts a client that writes to it all the time.</summary>
    public BusyWriter StartWriting(int seed) =>
        _server is not null ? BusyWriter.Start(_server, seed) : BusyWriter.Start(Cluster!, seed);

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _clients?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        if (Cluster is not null)
            await Cluster.DisposeAsync();
    }
}
