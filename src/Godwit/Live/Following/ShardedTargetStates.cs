using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live.Lanes;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Live.Following;

/// <summary>
/// A target whose servers may take each other's place: each key goes to whoever has its slot by then. Owns what it opens.
/// </summary>
/// <param name="targets">Opens the target.</param>
/// <param name="topology">Who holds what.</param>
/// <param name="account">The one that takes the keys.</param>
internal sealed class ShardedTargetStates(LiveTargets targets, ServerTopology topology, Account account) : TargetStates
{
    // Longer than a failover takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ShardedTarget _target = targets.OpenShards(OnExisting.Replace);
    private readonly NodeErrand _errand = targets.Errand(Patience);
    private readonly Dictionary<string, RedisConnection> _connections = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override async Task WriteAsync(int database, EntryBatch batch, CancellationToken cancellationToken)
    {
        // Who writes it disposes of it, too.
        batch.Hold();
        await _target.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task SettleAsync(CancellationToken cancellationToken) =>
        _target.SettleAsync(() => account.Unsettled == 0, cancellationToken);

    /// <inheritdoc/>
    public override async Task DeleteAsync(
        int database,
        IReadOnlyList<byte[]> keys,
        CancellationToken cancellationToken
    )
    {
        var map = topology.Map;
        var elsewhere = new List<byte[]>();
        foreach (var part in keys.GroupBy(key => map.OwnerOf(key)))
        {
            if (part.Key is not { } owner)
            {
                elsewhere.AddRange(part);
                continue;
            }

            var connection = await ConnectionAsync(map.Shards[owner].Primary, cancellationToken).ConfigureAwait(false);
            elsewhere.AddRange(
                await DeleteAtAsync(connection, database, [.. part], cancellationToken).ConfigureAwait(false)
            );
        }

        foreach (var key in elsewhere)
            await _errand.RemoveAsync(database, key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(LaneErrand errand, RedisEndpoint server, CancellationToken cancellationToken)
    {
        var connection = await ConnectionAsync(server, cancellationToken).ConfigureAwait(false);
        await errand.RunAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task AtEachAsync(Func<RedisConnection, Task> work, CancellationToken cancellationToken)
    {
        foreach (var shard in topology.Map.Shards)
            await work(await ConnectionAsync(shard.Primary, cancellationToken).ConfigureAwait(false))
                .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override void Rest()
    {
        foreach (var connection in _connections.Values)
            connection.Settle();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _target.DisposeAsync().ConfigureAwait(false);
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    // Those of which the server did not say that they are gone.
    private static async Task<List<byte[]>> DeleteAtAsync(
        RedisConnection connection,
        int database,
        byte[][] keys,
        CancellationToken cancellationToken
    )
    {
        await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand("DEL", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var left = new List<byte[]>();
        foreach (var key in keys)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError)
                left.Add(key);
        }

        return left;
    }

    private async ValueTask<RedisConnection> ConnectionAsync(RedisEndpoint server, CancellationToken cancellationToken)
    {
        if (_connections.TryGetValue(server.Address, out var known))
            return known;

        var connection = await targets.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        _connections.Add(server.Address, connection);
        return connection;
    }
}
