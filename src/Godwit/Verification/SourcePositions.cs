using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Verification;

/// <summary>Asks the primaries of a source how far each has come in its history. For one caller at a time.</summary>
internal sealed class SourcePositions(ServerEndpoint source, TimeProvider timeProvider) : IAsyncDisposable
{
    private readonly Dictionary<string, RedisConnection> _connections = new(StringComparer.Ordinal);
    private ServerTopology? _topology;

    /// <summary>Asks them all.</summary>
    /// <returns>One for each; null if one of them does not tell, or is just being replaced.</returns>
    /// <exception cref="GodwitException">The source, a single server, cannot be asked.</exception>
    public async Task<IReadOnlyList<ReplicationPosition>?> AskAsync(CancellationToken cancellationToken)
    {
        _topology ??= await FindAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // One who came since would be left out.
            if (_topology.CanFailOver)
                await _topology.RenewAsync(_topology.Map.Version, cancellationToken).ConfigureAwait(false);
            return await AskAllAsync(_topology, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException exception)
            when (_topology.CanFailOver
                && exception is ConnectionException { IsTransient: true } or ServerErrorException
            )
        {
            await CloseAsync().ConfigureAwait(false);
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        if (_topology is not null)
            await _topology.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ServerTopology> FindAsync(CancellationToken cancellationToken)
    {
        var end = await LiveEnd.ConnectAsync(source, timeProvider, cancellationToken).ConfigureAwait(false);
        await end.Connection.DisposeAsync().ConfigureAwait(false);
        return end.Topology;
    }

    private async Task<IReadOnlyList<ReplicationPosition>?> AskAllAsync(
        ServerTopology topology,
        CancellationToken cancellationToken
    )
    {
        var positions = new List<ReplicationPosition>();
        foreach (var shard in topology.Map.Shards)
        {
            if (!_connections.TryGetValue(shard.Primary.Address, out var connection))
            {
                connection = await RedisConnection
                    .ConnectAsync(shard.Primary, new ConnectionOptions(), timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                _connections.Add(shard.Primary.Address, connection);
            }

            // What a replica has may be less than what its primary has done.
            var position = await ReplicationPosition.AskAsync(connection, cancellationToken).ConfigureAwait(false);
            if (position is null || (topology.CanFailOver && !position.IsPrimary))
                return null;
            positions.Add(position);
        }

        return positions;
    }

    private async Task CloseAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync().ConfigureAwait(false);
        _connections.Clear();
    }
}
