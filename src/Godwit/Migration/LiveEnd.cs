using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;

namespace Godwit.Migration;

/// <summary>What is behind one URI of servers, and what it says of itself. Whoever connected disposes of it.</summary>
/// <param name="Connection">To a primary or whoever else the URI names, logged in.</param>
/// <param name="Info">Its INFO.</param>
/// <param name="Modules">Its modules; null if it does not say.</param>
/// <param name="Topology">Who holds what.</param>
internal sealed record LiveEnd(
    RedisConnection Connection,
    ServerInfo Info,
    IReadOnlyList<ServerModule>? Modules,
    ServerTopology Topology
) : IAsyncDisposable
{
    private static readonly Version Version70 = new(7, 0);

    /// <summary>It has function libraries (7.0), or does not tell that it has none.</summary>
    public bool MayHaveFunctions =>
        Info["number_of_libraries"] != "0" && (Info.RedisVersion is not { } version || version >= Version70);

    /// <summary>Connects, and asks.</summary>
    /// <exception cref="ConnectionException">It cannot be reached, or does not let us in.</exception>
    public static async Task<LiveEnd> ConnectAsync(
        ServerEndpoint endpoint,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var (connection, sentinels) = await TopologyFinder
            .ConnectAsync(endpoint, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            var info = await AskAsync(connection, cancellationToken).ConfigureAwait(false);
            var modules = await ServerInfo.AskModulesAsync(connection, cancellationToken).ConfigureAwait(false);
            var topology =
                sentinels
                ?? await TopologyFinder
                    .FindAsync(connection, info, timeProvider, cancellationToken)
                    .ConfigureAwait(false);
            return new LiveEnd(connection, info, modules, topology);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to one server of a topology that is known, and asks it.</summary>
    /// <exception cref="ConnectionException">It cannot be reached, or does not let us in.</exception>
    public static async Task<LiveEnd> ConnectAsync(
        RedisEndpoint server,
        ServerTopology topology,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var connection = await RedisConnection
            .ConnectAsync(server, new ConnectionOptions(), timeProvider, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return new LiveEnd(
                connection,
                await AskAsync(connection, cancellationToken).ConfigureAwait(false),
                await ServerInfo.AskModulesAsync(connection, cancellationToken).ConfigureAwait(false),
                topology
            );
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the connection, and lets go of the topology.</summary>
    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().ConfigureAwait(false);
        await Topology.DisposeAsync().ConfigureAwait(false);
    }

    // One that cannot answer now, since a script keeps it busy, has not refused: taken for a server that says nothing of itself it
    // would pass for a single one, and of a cluster the other shards would be left out.
    private static async Task<ServerInfo> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        if (info.IsComplete)
            return info;

        var reply = await connection.TryExecuteAsync(cancellationToken, "INFO").ConfigureAwait(false);
        if (!reply.IsError)
            return await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        var error = ServerErrorException.Of(connection.Endpoint, "INFO", reply.Bytes.Span);
        return error.IsTransient ? throw error : info;
    }
}
