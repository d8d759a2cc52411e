using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// Single commands that must reach whoever is in charge, however often that changes meanwhile: over connections of their own,
/// again and again until an answer comes.
/// </summary>
/// <param name="topology">Who holds what.</param>
/// <param name="options">How its connections behave.</param>
/// <param name="patience">How long nobody may answer.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class NodeErrand(
    ServerTopology topology,
    ConnectionOptions options,
    TimeSpan patience,
    TimeProvider timeProvider
)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Removes a key of which nobody knows where it is, if it is anywhere.</summary>
    /// <exception cref="GodwitException">Nobody answered for its slot in time.</exception>
    public Task RemoveAsync(int database, byte[] key, CancellationToken cancellationToken) =>
        ExecuteAsync(database, key, ["UNLINK", key], cancellationToken);

    /// <summary>Runs a command about one key at whoever has its slot. It may run twice, where the answer to it was lost.</summary>
    /// <param name="database">The key's.</param>
    /// <param name="key">The key.</param>
    /// <param name="command">All its words.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="GodwitException">Nobody answered for its slot in time.</exception>
    public async Task<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    )
    {
        var since = timeProvider.GetTimestamp();
        while (true)
        {
            var map = topology.Map;
            GodwitException failure;
            try
            {
                if (map.OwnerOf(key) is { } owner)
                {
                    var reply = await RunAsync(map.Shards[owner].Primary, isAsking: false).ConfigureAwait(false);

                    // The slot is on its way, and the key is not where it was.
                    if (Redirection.TryParse(reply.Text, map.Shards[owner].Primary) is { IsAsk: true } ask)
                        reply = await RunAsync(ask.Node, isAsking: true).ConfigureAwait(false);
                    if (!reply.IsError)
                        return reply;
                    var refusal = ServerErrorException.Of(
                        map.Shards[owner].Primary,
                        $"{command[0].Text}",
                        reply.Bytes.Span
                    );
                    if (!refusal.IsTransient && Redirection.TryParse(reply.Text, map.Shards[owner].Primary) is null)
                        throw refusal;
                    failure = refusal;
                }
                else
                {
                    failure = NobodyOwns(map);
                }
            }
            catch (ConnectionException exception) when (exception.IsTransient)
            {
                failure = exception;
            }

            if (timeProvider.GetElapsedTime(since) > patience)
                throw failure;
            await RenewAsync(map, cancellationToken).ConfigureAwait(false);
        }

        async Task<RespValue> RunAsync(RedisEndpoint node, bool isAsking)
        {
            var connection = await RedisConnection
                .ConnectAsync(node with { Database = database }, options, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            if (isAsking)
                await connection.TryExecuteAsync(cancellationToken, "ASKING").ConfigureAwait(false);
            return await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        }
    }

    /// <summary>Runs something at the primary of every shard.</summary>
    /// <param name="action">Gets a connection to each. A detour is a reason to try again, at whoever is in charge by then.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="GodwitException">One did not answer in time, or <paramref name="action"/> gave up.</exception>
    public async Task AtEveryPrimaryAsync(
        Func<RedisConnection, Task<Detour?>> action,
        CancellationToken cancellationToken
    )
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        var since = timeProvider.GetTimestamp();
        while (true)
        {
            var map = topology.Map;
            if (map.Shards.FirstOrDefault(shard => !done.Contains(shard.Primary.Address)) is not { } next)
                return;

            string why;
            try
            {
                var connection = await RedisConnection
                    .ConnectAsync(next.Primary, options, timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                await using var closing = connection.ConfigureAwait(false);
                if (await action(connection).ConfigureAwait(false) is not { } detour)
                {
                    done.Add(next.Primary.Address);
                    since = timeProvider.GetTimestamp();
                    continue;
                }

                why = detour.Why;
            }
            catch (ConnectionException exception) when (timeProvider.GetElapsedTime(since) <= patience)
            {
                why = exception.Message;
            }

            if (timeProvider.GetElapsedTime(since) > patience)
                throw new TargetUnavailableException(why, patience);
            await RenewAsync(map, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Where one server is in its stream of changes; null where it does not tell.</summary>
    /// <exception cref="ConnectionException">It cannot be reached.</exception>
    public async Task<ReplicationPosition?> AskPositionAsync(RedisEndpoint node, CancellationToken cancellationToken)
    {
        var connection = await RedisConnection
            .ConnectAsync(node, options, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        return await ReplicationPosition.AskAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has the map asked for anew, if anybody answers.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException)
        {
            // Whoever is asked next is one who was known before, and is asked until it takes too long.
        }
    }

    private async Task RenewAsync(ShardMap seen, CancellationToken cancellationToken)
    {
        await Task.Delay(Pause, timeProvider, cancellationToken).ConfigureAwait(false);
        try
        {
            await topology.RenewAsync(seen.Version, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException)
        {
            // Nobody can be asked yet. What was to be done is tried again, until it takes too long.
        }
    }

    private TargetUnavailableException NobodyOwns(ShardMap map) =>
        new($"{map.UnownedSlots} slots of {topology.Named} belong to no server", patience);
}
