using System.Text;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis.Shards;

/// <summary>A connection to each primary of a target, for the questions before the first write. Owns them.</summary>
internal sealed class TargetShards : IAsyncDisposable
{
    private readonly List<(Shard Shard, RedisConnection Connection, ServerInfo Info)> _shards = [];

    /// <summary>What they say of themselves, taken together.</summary>
    public ServerInfo Info => ServerInfo.OfShards([.. _shards.Select(shard => shard.Info)]);

    /// <summary>Connects.</summary>
    /// <exception cref="RefusedException">Some keys would have nowhere to go.</exception>
    /// <exception cref="GodwitException">One cannot be reached, or does not let us in.</exception>
    public static async Task<TargetShards> OpenAsync(
        ServerTopology topology,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        if (topology.Map.UnownedSlots is > 0 and var slots)
        {
            throw new RefusedException(
                $"{slots} of the {HashSlot.Count} slots of {topology.Named} belong to no server",
                "Mend the cluster first (CLUSTER INFO says what it is), so that every key has a place."
            );
        }

        var shards = new TargetShards();
        try
        {
            foreach (var shard in topology.Map.Shards)
            {
                var connection = await RedisConnection
                    .ConnectAsync(shard.Primary, new ConnectionOptions(), timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
                shards._shards.Add((shard, connection, info));
            }

            return shards;
        }
        catch
        {
            await shards.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What all of them can do.</summary>
    /// <exception cref="RefusedException">One cannot be written to now.</exception>
    public async Task<TargetProfile> AskAsync(
        WriteMode write,
        ShardMap map,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        TargetProfile? all = null;
        foreach (var (shard, connection, info) in _shards)
        {
            var profile = await TargetQuestions
                .AskAsync(connection, info, write, TagOf(shard, map), log, cancellationToken)
                .ConfigureAwait(false);
            all = all?.And(profile) ?? profile;
        }

        return all!;
    }

    /// <summary>Does something at each.</summary>
    public async Task ForEachAsync(Func<RedisConnection, Task> action)
    {
        foreach (var (_, connection, _) in _shards)
            await action(connection).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, connection, _) in _shards)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    // Of a slot that stays, if there is one: of one that is on its way the server would answer for the other.
    private static string TagOf(Shard shard, ShardMap map)
    {
        var slots = shard.Slots.SelectMany(range => Enumerable.Range(range.First, range.Count));
        var slot = slots.Where(slot => !map.MovingSlots.Contains(slot)).DefaultIfEmpty(shard.Slots[0].First).First();
        return $"{{{Encoding.ASCII.GetString(HashSlot.TagOf(slot))}}}";
    }
}
