using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// Reads keys whose values are too large for one DUMP, by their types' own commands and in pieces, over a connection of its own.
/// The key is watched meanwhile: if it changes, what was read belongs to no moment, and the reading begins again.
/// </summary>
internal sealed class LargeKeyReader(
    RedisEndpoint endpoint,
    LargeValueLimits limits,
    bool hasExpireTime,
    BufferBudget budget,
    SourcePace pace,
    Account account,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    private const int MaxAttempts = 3;

    // A key that never holds still is read by DUMP all the same if it takes no more than so many times the limit.
    private const int BusyKeys = 4;

    private const long KeyIsGone = -2;

    // What TYPE says where there is no key.
    private const string NoType = "none";

    private const string WrongType = "WRONGTYPE";

    private RedisConnection? _connection;
    private long _bytesBefore;
    private int _database;

    /// <summary>
    /// In a cluster, told of a key that has gone to another node, with the words that say to which; null elsewhere, where that
    /// is an error.
    /// </summary>
    public Action<int, byte[], string>? IsElsewhere { get; set; }

    /// <summary>Bytes that came over its connection. Safe to read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesBefore) + (_connection?.Input.BytesRead ?? 0);

    /// <summary>From this memory on, as MEMORY USAGE tells it, a key may be one that is read in pieces.</summary>
    public long Suspicious => limits.Bytes;

    /// <summary>
    /// True if a key that takes so much memory is to be read in pieces: if its type can be. A stream and a module's value are
    /// only to be had as a whole.
    /// </summary>
    public async Task<bool> IsLargeAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        var (connection, type) = await AskTypeAsync(database, key, cancellationToken).ConfigureAwait(false);
        if (type.IsError)
        {
            // DUMP will say it too.
            var error = ServerErrorException.Of(endpoint, "TYPE", type.Bytes.Span);
            return HasGone(error) ? false : throw error;
        }

        return ValuePieces.Of(connection, type.Text, key, pace.Bytes) is { } pieces
            && limits.For(pieces.Type) is not null;
    }

    /// <summary>Reads one key: a batch for each attempt, of which the last is the one that counts.</summary>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        byte[] key,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var connection = await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        if (pace.Keys is { } keys)
            await keys.TakeAsync(1, cancellationToken).ConfigureAwait(false);
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var (type, expireAt, elsewhere) = await WatchAsync(connection, key, cancellationToken)
                .ConfigureAwait(false);
            if (elsewhere is not null)
            {
                IsElsewhere!(database, key, elsewhere.ServerMessage);
                yield break;
            }

            if (type == NoType || expireAt == KeyIsGone)
            {
                await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
                account.SettleUnread(key, Outcome.Expired);
                yield break;
            }

            // It has become something else meanwhile, which is only to be had as a whole.
            if (ValuePieces.Of(connection, type, key, pace.Bytes) is not { } pieces)
            {
                await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
                await foreach (
                    var dumped in DumpAsync(connection, database, key, cancellationToken).ConfigureAwait(false)
                )
                    yield return dumped;
                yield break;
            }

            var value = new LargeValue(piecesAreWhole: true);
            var batch = new EntryBatch { Version = ValuePieces.Version, Large = value };
            var entry = new Entry
            {
                Type = pieces.Type,
                Database = database,
                ExpireAt = expireAt,
            };
            batch.AddCopy(entry, key, []);

            // Where nobody reads on, nobody else would tell the taker that there is nothing to wait for.
            var isTaken = false;
            try
            {
                yield return batch;
                isTaken = true;
            }
            finally
            {
                if (!isTaken)
                    value.End(new OperationCanceledException());
            }

            var (isDone, gone) = await ReadPiecesAsync(connection, pieces, value, cancellationToken)
                .ConfigureAwait(false);
            if (isDone)
                yield break;

            // Such an attempt settles nothing, unless its taker had no need of all pieces.
            var isTakenBack = await value.IsTakenBackAsync(cancellationToken).ConfigureAwait(false);
            if (isTakenBack)
                account.Take(-1);
            if (gone is not null)
                IsElsewhere!(database, key, gone.ServerMessage);
            if (gone is not null || !isTakenBack)
                yield break;
        }

        var memory = await connection.TryExecuteAsync(cancellationToken, "MEMORY", "USAGE", key).ConfigureAwait(false);
        if (memory.IsError || memory.IsNull || memory.Integer <= limits.Bytes * BusyKeys)
        {
            await foreach (var batch in DumpAsync(connection, database, key, cancellationToken).ConfigureAwait(false))
                yield return batch;
            yield break;
        }

        account.FailUnread(
            database,
            key,
            "it is too large for one DUMP, and changed each time while it was being read in pieces"
        );
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private bool HasGone(ServerErrorException error) => IsElsewhere is not null && error.Code is ("MOVED" or "ASK");

    private async Task<(string Type, long ExpireAt, ServerErrorException? Elsewhere)> WatchAsync(
        RedisConnection connection,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await connection.ExecuteAsync(cancellationToken, "WATCH", key).ConfigureAwait(false);
            var type = (await connection.ExecuteAsync(cancellationToken, "TYPE", key).ConfigureAwait(false)).Text;
            var expireAt = await ExpiryAsync(connection, key, cancellationToken).ConfigureAwait(false);
            return (type, expireAt, null);
        }
        catch (ServerErrorException exception) when (HasGone(exception))
        {
            await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
            return ("", KeyIsGone, exception);
        }
    }

    // Done if nothing is left to do: the key has not changed since it was watched, or its fate was settled without its value.
    private async Task<(bool IsDone, ServerErrorException? Elsewhere)> ReadPiecesAsync(
        RedisConnection connection,
        ValuePieces pieces,
        LargeValue value,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await foreach (var piece in pieces.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // Nobody wants the rest: the target has the key already, or cannot take it.
                if (!await value.AddAsync(piece, cancellationToken).ConfigureAwait(false))
                {
                    await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
                    return (true, null);
                }
            }

            await connection.ExecuteAsync(cancellationToken, "MULTI").ConfigureAwait(false);
            var unchanged = await connection.ExecuteAsync(cancellationToken, "EXEC").ConfigureAwait(false);
            value.End(unchanged.IsNull ? new SourceChangedException(connection.Endpoint) : null);
            return (!unchanged.IsNull, null);
        }
        catch (ServerErrorException exception) when (HasGone(exception))
        {
            value.End(exception);
            await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
            return (false, exception);
        }
        catch (ServerErrorException exception) when (exception.Code == WrongType)
        {
            // It has become something else between two pieces, which is a change like any other.
            value.End(new SourceChangedException(connection.Endpoint));
            await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
            return (false, null);
        }
        catch (Exception exception)
        {
            value.End(exception);
            throw;
        }
    }

    private async IAsyncEnumerable<EntryBatch> DumpAsync(
        RedisConnection connection,
        int database,
        byte[] key,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var dumper = new KeyDumper(connection, hasExpireTime, budget, pace.Bytes)
        {
            IsOfCluster = IsElsewhere is not null,
        };
        dumper.Ask([key]);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var batch in dumper.ReadAsync(database, [key], cancellationToken).ConfigureAwait(false))
            yield return batch;
        foreach (var vanished in dumper.Vanished)
            account.SettleUnread(vanished, Outcome.Expired);
        foreach (var (moved, message) in dumper.Elsewhere)
            IsElsewhere!(database, moved, message);
        foreach (var (forbidden, reason) in dumper.Forbidden)
            account.FailUnread(database, forbidden, reason);
    }

    // Hours may lie between two large keys, and servers close what lies idle (timeout). Nothing was begun, so it is asked again.
    private async Task<(RedisConnection Connection, RespValue Type)> AskTypeAsync(
        int database,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        var earlier = _connection;
        try
        {
            return await AskAsync().ConfigureAwait(false);
        }
        catch (ConnectionException) when (earlier is not null)
        {
            Volatile.Write(ref _bytesBefore, BytesRead);
            _connection = null;
            await earlier.DisposeAsync().ConfigureAwait(false);
            return await AskAsync().ConfigureAwait(false);
        }

        async Task<(RedisConnection Connection, RespValue Type)> AskAsync()
        {
            var connection = await SelectAsync(database, cancellationToken).ConfigureAwait(false);
            return (connection, await connection.TryExecuteAsync(cancellationToken, "TYPE", key).ConfigureAwait(false));
        }
    }

    private async Task<RedisConnection> SelectAsync(int database, CancellationToken cancellationToken)
    {
        if (_connection is null)
        {
            _connection = await RedisConnection
                .ConnectAsync(endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
                .ConfigureAwait(false);
            _database = endpoint.Database ?? 0;
        }

        if (_database != database)
            await _connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        _database = database;
        return _connection;
    }

    private async Task<long> ExpiryAsync(RedisConnection connection, byte[] key, CancellationToken cancellationToken)
    {
        if (!hasExpireTime)
            return await new ExpiryClock(connection).AskAsync(key, cancellationToken).ConfigureAwait(false);
        var reply = await connection.ExecuteAsync(cancellationToken, "PEXPIRETIME", key).ConfigureAwait(false);
        return reply.Integer;
    }
}
