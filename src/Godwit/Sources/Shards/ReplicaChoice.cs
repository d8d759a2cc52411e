using System.Globalization;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Sources.Shards;

/// <summary>
/// Finds a replica of a shard that has all that its primary had at this moment. A replica that has lost its primary, or stays
/// behind, is none.
/// </summary>
internal sealed class ReplicaChoice(IMigrationLog log, TimeProvider timeProvider)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static readonly ConnectionOptions Quick = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        ReplyTimeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>The replica to read; null where the primary has to be.</summary>
    public async Task<ChosenReplica?> FindAsync(Shard shard, bool isCluster, CancellationToken cancellationToken)
    {
        if (shard.Replicas.Count == 0)
        {
            log.Info($"{shard.Primary} has no replica that could be read in its place.");
            return null;
        }

        try
        {
            var primary = await RedisConnection
                .ConnectAsync(shard.Primary, Quick, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = primary.ConfigureAwait(false);
            var state = await ServerInfo.AskAsync(primary, cancellationToken).ConfigureAwait(false);
            if (state["master_replid"] is { } history && Offset(state, "master_repl_offset") is { } offset)
            {
                foreach (var replica in shard.Replicas)
                {
                    var endpoint = replica with { IsClusterReplica = isCluster };
                    if (
                        await WhyNotAsync(endpoint, history, offset, cancellationToken).ConfigureAwait(false) is
                        { } reason
                    )
                        log.Info($"{replica} is not read in place of its primary: {reason}.");
                    else
                        return new ChosenReplica(endpoint, state["run_id"], state["sync_full"]);
                }
            }
        }
        catch (GodwitException exception)
        {
            log.Info($"No replica of {shard.Primary} is read in its place: {exception.Message}.");
            return null;
        }

        log.Info($"{shard.Primary} is read itself: it has no replica that holds all it has.");
        return null;
    }

    /// <summary>
    /// True if the replica held its data all the while since it was chosen. A replica whose primary had to send it everything
    /// anew is empty for a while: SCAN misses keys, and nobody is told.
    /// </summary>
    public async Task<bool> WasWholeAsync(ChosenReplica chosen, Shard shard, CancellationToken cancellationToken)
    {
        var connection = await RedisConnection
            .ConnectAsync(shard.Primary, Quick, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var state = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        return state["run_id"] == chosen.PrimaryRun && state["sync_full"] == chosen.FullSyncs;
    }

    private async Task<string?> WhyNotAsync(
        RedisEndpoint replica,
        string history,
        long offset,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var connection = await RedisConnection
                .ConnectAsync(replica, Quick, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            var started = timeProvider.GetTimestamp();
            while (true)
            {
                var state = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
                if (state.Role != ServerRole.Replica || state["master_replid"] != history)
                    return "it is not a replica of that primary";
                if (state["master_link_status"] != "up" || state["master_sync_in_progress"] is not (null or "0"))
                    return "its link to the primary is down";
                if (Offset(state, "slave_repl_offset") >= offset)
                    return null;
                if (timeProvider.GetElapsedTime(started) > Patience)
                    return $"it stays behind the primary by more than {Patience.TotalSeconds} seconds";
                await Task.Delay(Pause, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (GodwitException exception)
        {
            return exception.Message;
        }
    }

    private static long? Offset(ServerInfo state, string field) =>
        long.TryParse(state[field], NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : null;
}

/// <summary>A replica that is read, and how its primary stood then.</summary>
/// <param name="Endpoint">Where.</param>
/// <param name="PrimaryRun">Differs after the primary was started anew.</param>
/// <param name="FullSyncs">Grows when the primary sends everything to a replica.</param>
internal sealed record ChosenReplica(RedisEndpoint Endpoint, string? PrimaryRun, string? FullSyncs);
