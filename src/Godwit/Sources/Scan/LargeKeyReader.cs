using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Sources.Scan;

/// <summary>
/// Reads keys whose values are too large for one DUMP, by their types' own commands and in pieces, over a connection of its own.
/// The key is watched meanwhile: if it changes, what was read belongs to no moment, and the reading begins again.
/// </summary>
internal sealed class LargeKeyReader(
    RedisEndpoint endpoint,
    LargeValueLimits limits,
    bool hasExpireTime,
    Ledger ledger,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    private const int MaxAttempts = 3;

    private const long KeyIsGone = -2;

    private RedisConnection? _connection;
    private int _database;

    /// <summary>From this memory on, as MEMORY USAGE tells it, a key may be one that is read in pieces.</summary>
    public long Suspicious => limits.Bytes;

    /// <summary>
    /// True if a key that takes so much memory is to be read in pieces: if its type can be. A stream and a module's value are
    /// only to be had as a whole.
    /// </summary>
    public async Task<bool> IsLargeAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        var connection = await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var type = (await connection.ExecuteAsync(cancellationToken, "TYPE", key).ConfigureAwait(false)).Text;
        return ValuePieces.Of(connection, type, key) is { } pieces && limits.For(pieces.Type) is not null;
    }

    /// <summary>Reads one key: a batch for each attempt, of which the last is the one that counts.</summary>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        byte[] key,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var connection = await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            await connection.ExecuteAsync(cancellationToken, "WATCH", key).ConfigureAwait(false);
            var type = (await connection.ExecuteAsync(cancellationToken, "TYPE", key).ConfigureAwait(false)).Text;
            var expireAt = await ExpiryAsync(connection, key, cancellationToken).ConfigureAwait(false);
            var pieces = ValuePieces.Of(connection, type, key);
            if (pieces is null || expireAt == KeyIsGone)
            {
                await connection.ExecuteAsync(cancellationToken, "UNWATCH").ConfigureAwait(false);
                ledger.Take(1);
                ledger.SettleKeys(Outcome.Expired, 1);
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

            if (await ReadPiecesAsync(connection, pieces, value, cancellationToken).ConfigureAwait(false))
                yield break;

            // That attempt settles nothing.
            ledger.Take(-1);
        }

        ledger.FailUnread(
            database,
            key,
            "it is too large for one DUMP, and changed each time while it was being read in pieces"
        );
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    // True if nothing is left to do: the key has not changed since it was watched, or its fate was settled without its value.
    private static async Task<bool> ReadPiecesAsync(
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
                    return true;
                }
            }

            await connection.ExecuteAsync(cancellationToken, "MULTI").ConfigureAwait(false);
            var unchanged = await connection.ExecuteAsync(cancellationToken, "EXEC").ConfigureAwait(false);
            var isHeard = value.End(unchanged.IsNull ? new SourceChangedException(connection.Endpoint) : null);
            return !unchanged.IsNull || !isHeard;
        }
        catch (Exception exception)
        {
            value.End(exception);
            throw;
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
