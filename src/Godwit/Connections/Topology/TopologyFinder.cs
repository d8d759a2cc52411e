using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Connections.Topology;

/// <summary>Finds out what is behind a URI: a single server, a cluster, or the primary that Sentinels name.</summary>
internal static class TopologyFinder
{
    /// <summary>Connects to it: to the server that the URI names, or to the primary that its Sentinels name.</summary>
    /// <returns>A connection, and whatever is known by then: null for a server that is still to be asked.</returns>
    /// <exception cref="GodwitException">It cannot be reached, or does not let us in.</exception>
    public static async Task<(RedisConnection Connection, SentinelTopology? Sentinels)> ConnectAsync(
        ServerEndpoint endpoint,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var sentinels = endpoint is SentinelEndpoint named
            ? await SentinelTopology.DiscoverAsync(named, timeProvider, cancellationToken).ConfigureAwait(false)
            : null;
        var server = sentinels?.Map.Shards[0].Primary ?? (RedisEndpoint)endpoint;
        var connection = await RedisConnection
            .ConnectAsync(server, new ConnectionOptions(), timeProvider, cancellationToken)
            .ConfigureAwait(false);
        return (connection, sentinels);
    }

    /// <summary>The topology of a server that has said what it is.</summary>
    /// <exception cref="GodwitException">It is a cluster's node, and does not tell of the others.</exception>
    public static async Task<ServerTopology> FindAsync(
        RedisConnection server,
        ServerInfo info,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    ) =>
        info.Mode == ServerMode.Cluster
            ? await ClusterTopology.DiscoverAsync(server, timeProvider, cancellationToken).ConfigureAwait(false)
            : new SingleServer(server.Endpoint);
}
