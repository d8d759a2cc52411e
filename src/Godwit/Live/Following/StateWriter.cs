using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis;

namespace Godwit.Live.Following;

/// <summary>Writes to the target what keys are at the source now, whatever they are there.</summary>
internal sealed class StateWriter(
    RedisConnection connection,
    TargetProfile profile,
    WriteMode mode,
    TimeProvider timeProvider
)
{
    /// <summary>For entries that are in no database.</summary>
    public const int NoDatabase = -2;

    private const int UnknownDatabase = -1;

    private int _database = UnknownDatabase;

    /// <summary>Writes keys in place of what the target has of them. The batch is not disposed of.</summary>
    /// <param name="database">The database at the target, or <see cref="NoDatabase"/>.</param>
    /// <param name="batch">Whole values.</param>
    /// <param name="cancellationToken">Ends the waiting; the connection is then of no more use.</param>
    /// <exception cref="Protocol.GodwitException">The target refused all writes, or the connection was lost.</exception>
    public async Task WriteAsync(int database, EntryBatch batch, CancellationToken cancellationToken)
    {
        if (database != NoDatabase)
            await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var options = new RedisTargetOptions
        {
            Write = mode,
            OnExisting = OnExisting.Replace,
            Database = database,
            SeveralSources = false,
            Connections = 1,
        };
        using var encoder = new BatchEncoder(options, profile, timeProvider, database);
        var pending = new PendingBatch(batch);
        for (var i = 0; i < batch.Count; i++)
        {
            var body = encoder.Encode(pending, i, connection.Output);
            if (body.IsEmpty)
                continue;
            await connection.Output.WriteAsync(body, cancellationToken).ConfigureAwait(false);
            encoder.EncodeRest(pending, i, connection.Output);
        }

        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var settler = new ReplySettler(connection.Endpoint, options, new NoDuplicateCheck());
        await settler.SettleAsync(connection.Input, pending, cancellationToken).ConfigureAwait(false);
        settler.Refusal?.Throw();
    }

    /// <summary>Deletes keys.</summary>
    /// <param name="database">The database at the target.</param>
    /// <param name="keys">Their names; those that are not there either do no harm.</param>
    /// <param name="cancellationToken">Ends the waiting; the connection is then of no more use.</param>
    /// <exception cref="Protocol.GodwitException">The target refused, or the connection was lost.</exception>
    public async Task DeleteAsync(int database, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return;

        await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand("DEL", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        ServerErrorException? refusal = null;
        foreach (var _ in keys)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError)
                refusal ??= ServerErrorException.Of(connection.Endpoint, "DEL", reply.Bytes.Span);
        }

        if (refusal is not null)
            throw refusal;
    }

    /// <summary>Somebody else has used the connection, and may have chosen another database.</summary>
    public void ForgetDatabase() => _database = UnknownDatabase;

    private async Task SelectAsync(int database, CancellationToken cancellationToken)
    {
        if (_database == database)
            return;

        await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        _database = database;
    }
}
