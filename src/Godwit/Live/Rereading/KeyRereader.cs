using System.Globalization;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live.Servers;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Rereading;

/// <summary>
/// Reads keys of a live source together with the replication offset at which they were so: in one transaction, of a cluster in one
/// for each slot, so that nothing happens in between. It connects anew where the source was gone. For one task at a time.
/// </summary>
/// <param name="server">The server whose replication stream is followed.</param>
/// <param name="timeProvider">The clock between two tries.</param>
internal sealed class KeyRereader(FollowedServer server, TimeProvider timeProvider) : IAsyncDisposable
{
    private const long DoesNotExpire = -1;

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    private RedisConnection? _connection;
    private int? _database;

    /// <summary>
    /// Reads the keys. Waits for a source that is gone, as following it does too. Keys whose slot has gone to another server are
    /// left out: whoever has them by now tells of them.
    /// </summary>
    /// <exception cref="ServerErrorException">The source refused; a key that its access rules keep from us among the reasons.</exception>
    public async Task<IReadOnlyList<KeyStates>> ReadAsync(
        int database,
        IReadOnlyList<byte[]> keys,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            try
            {
                var connection = await ConnectionAsync(cancellationToken).ConfigureAwait(false);
                return await ReadAsync(connection, database, keys, cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionException exception) when (exception.IsTransient)
            {
                await DisposeAsync().ConfigureAwait(false);
                if (await server.HasGoneAsync(cancellationToken).ConfigureAwait(false))
                    return [];
            }
            catch (ServerErrorException exception) when (exception.IsTransient)
            {
                // It is loading its data after a restart, say.
                await DisposeAsync().ConfigureAwait(false);
            }

            await Task.Delay(RetryEvery, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Where the source stands now, and in which history; null where it cannot be asked just now.</summary>
    /// <exception cref="ServerErrorException">It does not tell us.</exception>
    public async Task<(string ReplicationId, long Offset)?> PositionAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectionAsync(cancellationToken).ConfigureAwait(false);
            var info = await connection.ExecuteAsync(cancellationToken, "INFO", "replication").ConfigureAwait(false);
            if (!server.MayBeReplaced || ServerInfo.Parse(info.Text).Role != ServerRole.Replica)
                return ParsePosition(connection, info);

            // Another server has taken its place, and goes on from where this one was.
            await DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (ConnectionException)
        {
            await DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (ServerErrorException exception) when (exception.IsTransient)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync().ConfigureAwait(false);
        _connection = null;
        _database = null;
    }

    private async ValueTask<RedisConnection> ConnectionAsync(CancellationToken cancellationToken) =>
        _connection ??= await server.ConnectAsync(cancellationToken).ConfigureAwait(false);

    private async Task<IReadOnlyList<KeyStates>> ReadAsync(
        RedisConnection connection,
        int database,
        IReadOnlyList<byte[]> keys,
        CancellationToken cancellationToken
    )
    {
        if (_database != database)
        {
            await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            _database = database;
        }

        // A cluster takes the keys of one slot in a transaction.
        var groups = !server.IsOfCluster
            ? [keys]
            : keys.GroupBy(key => HashSlot.Of(key)).Select(IReadOnlyList<byte[]> (group) => [.. group]);
        return await ReadAsync(connection, database, [.. groups], cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<KeyStates>> ReadAsync(
        RedisConnection connection,
        int database,
        IReadOnlyList<IReadOnlyList<byte[]>> groups,
        CancellationToken cancellationToken
    )
    {
        foreach (var group in groups)
            Ask(connection, group);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var states = new List<KeyStates>(groups.Count);
        List<IReadOnlyList<byte[]>>? elsewhere = null;
        try
        {
            foreach (var group in groups)
            {
                if (
                    await TryTakeAsync(connection, database, group, cancellationToken).ConfigureAwait(false) is { } read
                )
                    states.Add(read);
                else
                    (elsewhere ??= []).Add(group);
            }

            foreach (var group in elsewhere ?? [])
            {
                foreach (var key in group)
                {
                    if (
                        await ReadMovingAsync(connection, database, key, cancellationToken).ConfigureAwait(false) is
                        { } read
                    )
                        states.Add(read);
                }
            }
        }
        catch
        {
            states.ForEach(read => read.Dispose());
            throw;
        }

        return states;
    }

    // Null if a key is not the server's any more, or may not be: its slot is on its way.
    private async Task<KeyStates?> TryTakeAsync(
        RedisConnection connection,
        int database,
        IReadOnlyList<byte[]> keys,
        CancellationToken cancellationToken
    )
    {
        string? redirected = null;
        for (var queued = 0; queued < (keys.Count * CommandsPerKey) + 2; queued++)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (!reply.IsError)
                continue;
            if (!server.IsOfCluster || Redirection.TryParse(reply.Text, connection.Endpoint) is null)
                throw ServerErrorException.Of(connection.Endpoint, "MULTI", reply.Bytes.Span);
            redirected = reply.Text;
        }

        var executed = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        if (redirected is not null)
            return null;
        if (executed.IsError)
        {
            // The slot has gone between the last of the commands and EXEC.
            if (server.IsOfCluster && Redirection.TryParse(executed.Text, connection.Endpoint) is not null)
                return null;
            throw ServerErrorException.Of(connection.Endpoint, "EXEC", executed.Bytes.Span);
        }

        foreach (var answer in executed.Items.Where(answer => answer.IsError))
            throw ServerErrorException.Of(connection.Endpoint, "DUMP", answer.Bytes.Span);
        return Sort(connection, database, keys, executed.Items);
    }

    // Asked for alone. Where its slot is on its way and the key is not here, the other end has it, or nobody. Where the slot has
    // gone, whoever has it by now will be followed for it from there on: null.
    private async Task<KeyStates?> ReadMovingAsync(
        RedisConnection connection,
        int database,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var probe = await connection.TryExecuteAsync(cancellationToken, "TYPE", key).ConfigureAwait(false);
            if (!probe.IsError)
            {
                Ask(connection, [key]);
                await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
                if (
                    await TryTakeAsync(connection, database, [key], cancellationToken).ConfigureAwait(false) is { } read
                )
                    return read;
                continue;
            }

            if (Redirection.TryParse(probe.Text, connection.Endpoint) is not { } redirection)
                throw ServerErrorException.Of(connection.Endpoint, "TYPE", probe.Bytes.Span);
            if (!redirection.IsAsk)
            {
                if (!await server.OwnsAsync(redirection.Slot, cancellationToken).ConfigureAwait(false))
                    return null;

                // This one is a replica by now, or does not know yet that it is the primary.
                throw new ConnectionException(
                    connection.Endpoint,
                    ConnectionStage.Exchange,
                    $"{connection.Endpoint} is not the primary any more",
                    "Wait until the failover has ended.",
                    isTransient: true
                );
            }

            // All that the server has told of this key lies before this offset: it will not come back.
            var info = await connection.ExecuteAsync(cancellationToken, "INFO", "replication").ConfigureAwait(false);
            var (replicationId, offset) = ParsePosition(connection, info);
            return await ReadThereAsync(redirection.Node, database, key, replicationId, offset, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task<KeyStates> ReadThereAsync(
        RedisEndpoint node,
        int database,
        byte[] key,
        string replicationId,
        long offset,
        CancellationToken cancellationToken
    )
    {
        var there = await RedisConnection
            .ConnectAsync(node with { Database = database }, new ConnectionOptions(), timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = there.ConfigureAwait(false);
        await there.ExecuteAsync(cancellationToken, "ASKING").ConfigureAwait(false);
        var payload = await there.ExecuteAsync(cancellationToken, "DUMP", key).ConfigureAwait(false);
        await there.ExecuteAsync(cancellationToken, "ASKING").ConfigureAwait(false);
        var expiry = await there.ExecuteAsync(cancellationToken, "PTTL", key).ConfigureAwait(false);
        var time = await there.ExecuteAsync(cancellationToken, "TIME").ConfigureAwait(false);
        var present = new EntryBatch();
        if (payload.IsNull)
            return new KeyStates(replicationId, offset, present, [key]);

        Add(
            present,
            database,
            key,
            payload.Bytes.Span,
            expiry.Integer < 0 ? Entry.None : MomentOf(time, expiry.Integer)
        );
        return new KeyStates(replicationId, offset, present, []);
    }

    private int CommandsPerKey => server.HasExpireTime ? 2 : 3;

    private void Ask(RedisConnection connection, IReadOnlyList<byte[]> keys)
    {
        var writer = new RespWriter(connection.Output);
        writer.WriteCommand("MULTI");
        foreach (var key in keys)
        {
            writer.WriteCommand("DUMP", key);
            if (server.HasExpireTime)
            {
                writer.WriteCommand("PEXPIRETIME", key);
            }
            else
            {
                writer.WriteCommand("PTTL", key);
                writer.WriteCommand("TIME");
            }
        }

        writer.WriteCommand("INFO", "replication");
        writer.WriteCommand("EXEC");
    }

    private KeyStates Sort(
        RedisConnection connection,
        int database,
        IReadOnlyList<byte[]> keys,
        IReadOnlyList<RespValue> answers
    )
    {
        var present = new EntryBatch();
        var missing = new List<byte[]>();
        for (var i = 0; i < keys.Count; i++)
        {
            var answer = i * CommandsPerKey;
            if (answers[answer].IsNull)
                missing.Add(keys[i]);
            else
                Add(present, database, keys[i], answers[answer].Bytes.Span, ExpiryOf(answers, answer + 1));
        }

        var (replicationId, offset) = ParsePosition(connection, answers[^1]);
        return new KeyStates(replicationId, offset, present, missing);
    }

    private static void Add(EntryBatch present, int database, byte[] key, ReadOnlySpan<byte> payload, long expireAt)
    {
        // All payloads of one server have the same version.
        DumpPayload.Read(payload, out var type, out var version, out var value);
        present.Version = version;
        var entry = new Entry
        {
            Type = type,
            Database = database,
            ExpireAt = expireAt,
        };
        present.AddCopy(entry, key, value);
    }

    private long ExpiryOf(IReadOnlyList<RespValue> answers, int index)
    {
        var answer = answers[index].Integer;
        if (answer == DoesNotExpire)
            return Entry.None;
        if (server.HasExpireTime)
            return answer;

        return MomentOf(answers[index + 1], answer);
    }

    private static long MomentOf(RespValue time, long milliseconds) =>
        milliseconds + (time.Items[0].Integer * 1000) + (time.Items[1].Integer / 1000);

    private static (string ReplicationId, long Offset) ParsePosition(RedisConnection connection, RespValue reply)
    {
        var info = ServerInfo.Parse(reply.Text);
        return
            info["master_replid"] is { } id
            && long.TryParse(
                info["master_repl_offset"],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var offset
            )
            ? (id, offset)
            : throw new ProtocolException(
                connection.Input.BytesRead,
                "INFO replication with master_replid and master_repl_offset",
                "an INFO without them"
            );
    }
}
