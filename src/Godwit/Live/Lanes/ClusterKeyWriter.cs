using Godwit.Batches;
using Godwit.Connections;
using Godwit.Live.Rereading;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Live.Lanes;

/// <summary>
/// Writes what keys are at the source to whichever of a cluster's servers has their slots by then, whatever they are there. One call
/// after the other. Owns the target.
/// </summary>
/// <param name="target">Follows slots and failovers, and waits for replicas. It replaces what is there.</param>
/// <param name="errand">Deletes keys of which nobody knows where they are.</param>
/// <param name="settings">The lane's.</param>
/// <param name="noteMove">Is told when a server sends us elsewhere.</param>
internal sealed class ClusterKeyWriter(ShardedTarget target, NodeErrand errand, LaneSettings settings, Action noteMove)
    : IAsyncDisposable
{
    /// <summary>A server sent us elsewhere: the map is out of date, or soon will be.</summary>
    public void NoteMove() => noteMove();

    /// <summary>Writes them, and returns when they are written.</summary>
    /// <param name="connection">To who should have the keys. Nothing else is on its way.</param>
    /// <param name="database">The database at the target.</param>
    /// <param name="states">What the keys are. They are not disposed of.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="Protocol.GodwitException">The target refused, or nobody answered for a slot in time.</exception>
    public async Task WriteAsync(
        RedisConnection connection,
        int database,
        KeyStates states,
        CancellationToken cancellationToken
    )
    {
        var present = states.Present;
        settings.Expiries.Apply(present);
        await DeleteAsync(connection, database, Dead(states), cancellationToken).ConfigureAwait(false);
        if (present.Count == 0)
            return;

        present.Account = settings.Account;
        settings.Account.Take(present.Count);
        present.Hold();
        try
        {
            await target.WriteAsync(present, cancellationToken).ConfigureAwait(false);
            await target.SettleAsync(() => settings.Account.Unsettled == 0, cancellationToken).ConfigureAwait(false);
        }
        catch (SettledKeysLostException exception)
        {
            // A failover, which the records tell too: all that may be lost is read again.
            throw new LaneInterruptedException(exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => target.DisposeAsync();

    // A key whose time is over is not written: what the target has of it must go too.
    private List<byte[]> Dead(KeyStates states)
    {
        var keys = new List<byte[]>(states.Missing);
        var now = settings.Profile.Clock.Earliest(settings.TimeProvider);
        foreach (ref readonly var entry in states.Present.Entries)
        {
            if (entry.ExpireAt != Entry.None && entry.ExpireAt <= now)
                keys.Add(states.Present.Key(entry).ToArray());
        }

        return keys;
    }

    private async Task DeleteAsync(
        RedisConnection connection,
        int database,
        List<byte[]> keys,
        CancellationToken cancellationToken
    )
    {
        if (keys.Count == 0)
            return;

        var writer = new RespWriter(connection.Output);
        writer.WriteCommand("SELECT", database);
        foreach (var key in keys)
            writer.WriteCommand("DEL", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var selected = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        var elsewhere = new List<byte[]>();
        foreach (var key in keys)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError)
                elsewhere.Add(key);
        }

        if (selected.IsError)
            throw ServerErrorException.Of(connection.Endpoint, "SELECT", selected.Bytes.Span);
        if (elsewhere.Count > 0)
            NoteMove();
        foreach (var key in elsewhere)
            await errand.RemoveAsync(database, key, cancellationToken).ConfigureAwait(false);
    }
}
