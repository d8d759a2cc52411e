using Godwit.Batches;
using Godwit.Connections;
using Godwit.Live.Rereading;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis;

namespace Godwit.Live.Lanes;

/// <summary>Writes what keys are at the source, whatever they are at the target, over a lane's connection.</summary>
internal sealed class KeyStateWriter(LaneSettings settings)
{
    /// <summary>Writes them. The connection is in the database of the keys, and stays there.</summary>
    /// <param name="connection">The lane's; nothing else is on its way.</param>
    /// <param name="database">The database at the target.</param>
    /// <param name="states">What the keys are. They are not disposed of.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Protocol.GodwitException">The target refused, or the connection was lost.</exception>
    public async Task WriteAsync(
        RedisConnection connection,
        int database,
        KeyStates states,
        CancellationToken cancellationToken
    )
    {
        settings.Expiries.Apply(states.Present);
        states.Present.Account = settings.Account;
        settings.Account.Take(states.Present.Count);
        var options = new RedisTargetOptions
        {
            Write = WriteMode.Auto,
            OnExisting = OnExisting.Replace,
            Database = database,
            SeveralSources = false,
            Connections = 1,
        };
        using var encoder = new BatchEncoder(options, settings.Profile, settings.TimeProvider, database);
        var pending = new PendingBatch(states.Present);
        var deleted = Delete(connection, states);
        for (var i = 0; i < states.Present.Count; i++)
        {
            var body = encoder.Encode(pending, i, connection.Output);
            if (body.IsEmpty)
                continue;
            await connection.Output.WriteAsync(body, cancellationToken).ConfigureAwait(false);
            encoder.EncodeRest(pending, i, connection.Output);
        }

        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        for (; deleted > 0; deleted--)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError)
                throw ServerErrorException.Of(connection.Endpoint, "DEL", reply.Bytes.Span);
        }

        var settler = new ReplySettler(connection.Endpoint, options, new NoDuplicateCheck());
        await settler.SettleAsync(connection.Input, pending, cancellationToken).ConfigureAwait(false);
        settler.Refusal?.Throw();
    }

    // A key whose time is over is not written: what the target has of it must go too.
    private int Delete(RedisConnection connection, KeyStates states)
    {
        var writer = new RespWriter(connection.Output);
        foreach (var key in states.Missing)
            writer.WriteCommand("DEL", key);

        var deleted = states.Missing.Count;
        var now = settings.Profile.Clock.Earliest(settings.TimeProvider);
        foreach (ref readonly var entry in states.Present.Entries)
        {
            if (entry.ExpireAt == Entry.None || entry.ExpireAt > now)
                continue;
            writer.WriteCommand("DEL", states.Present.Key(entry).ToArray());
            deleted++;
        }

        return deleted;
    }
}
