using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Lanes;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Live.Expiry;

/// <summary>
/// Gives keys the expiries that were held back. It walks over the target's keys with SCAN, between the changes of the lane, and
/// needs no list of its own: what was held back can be told by its time, after any crash too.
/// </summary>
/// <param name="lane">Takes the errands.</param>
/// <param name="hold">Tells what is to stay held.</param>
/// <param name="hasExpireTime">The target has PEXPIRETIME (7.0).</param>
/// <param name="onlyDatabase">The one database of the target that is meant; null for all.</param>
/// <param name="slots">The slots whose keys are the lane's.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ExpiryRelease(
    ChannelWriter<LaneWork> lane,
    ExpiryHold hold,
    bool hasExpireTime,
    int? onlyDatabase,
    SlotSet slots,
    TimeProvider timeProvider
)
{
    private const int KeysAtOnce = 512;

    /// <summary>Walks over the target.</summary>
    /// <param name="all">
    /// Those too that expire soon. Else they stay held: the source will say itself that they have gone, or were renewed. True
    /// where no more changes come.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(bool all, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> databases = onlyDatabase is { } only ? [only] : [];
        if (onlyDatabase is null)
            await RunInLaneAsync(FindDatabasesAsync, cancellationToken).ConfigureAwait(false);
        await new FieldExpiryRelease(RunInLaneAsync, hold, slots)
            .RunAsync(databases, all, cancellationToken)
            .ConfigureAwait(false);
        foreach (var database in databases)
        {
            var cursor = "0";
            do
            {
                await RunInLaneAsync(ReleaseAsync, cancellationToken).ConfigureAwait(false);
            } while (cursor != "0");

            async Task ReleaseAsync(RedisConnection connection, CancellationToken token) =>
                cursor = await ReleaseSomeAsync(connection, database, cursor, all, token).ConfigureAwait(false);
        }

        async Task FindDatabasesAsync(RedisConnection connection, CancellationToken token)
        {
            var info = await connection.ExecuteAsync(token, "INFO", "keyspace").ConfigureAwait(false);
            databases = [.. ServerInfo.Parse(info.Text).Keyspaces.Select(keyspace => keyspace.Database)];
        }
    }

    private async Task RunInLaneAsync(
        Func<RedisConnection, CancellationToken, Task> work,
        CancellationToken cancellationToken
    )
    {
        var errand = new LaneErrand(work);
        await lane.WriteAsync(errand, cancellationToken).ConfigureAwait(false);
        await errand.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> ReleaseSomeAsync(
        RedisConnection connection,
        int database,
        string cursor,
        bool all,
        CancellationToken cancellationToken
    )
    {
        await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        var scan = await connection
            .ExecuteAsync(cancellationToken, "SCAN", cursor, "COUNT", KeysAtOnce)
            .ConfigureAwait(false);
        var keys = scan.Items[1].Items.Select(key => key.Bytes).Where(key => slots.Contains(key.Span)).ToArray();
        var held = await HeldAsync(connection, keys, cancellationToken).ConfigureAwait(false);
        var due = held.Where(key => all || !hold.IsNear(key.ExpireAt)).ToArray();
        var writer = new RespWriter(connection.Output);
        foreach (var (key, expireAt) in due)
            writer.WriteCommand("PEXPIREAT", key, expireAt);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        foreach (var _ in due)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError && !IsElsewhere(connection, reply))
                throw ServerErrorException.Of(connection.Endpoint, "PEXPIREAT", reply.Bytes.Span);
        }

        hold.CountReleased(due.Length);
        return scan.Items[0].Text;
    }

    private async Task<List<(ReadOnlyMemory<byte> Key, long ExpireAt)>> HeldAsync(
        RedisConnection connection,
        ReadOnlyMemory<byte>[] keys,
        CancellationToken cancellationToken
    )
    {
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand(hasExpireTime ? "PEXPIRETIME" : "PTTL", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        using var held = new EntryBatch();
        foreach (var key in keys)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError && !IsElsewhere(connection, reply))
                throw ServerErrorException.Of(connection.Endpoint, "PEXPIRETIME", reply.Bytes.Span);
            if (reply.IsError)
                continue;
            var expireAt = hasExpireTime ? reply.Integer : now + reply.Integer;
            if (ExpiryHold.IsHeld(expireAt))
                held.AddCopy(new Entry { ExpireAt = expireAt }, key.Span, []);
        }

        // How long a key still has is no moment yet.
        if (!hasExpireTime)
            await new ExpiryClock(connection).SetExpiriesAsync(held, cancellationToken).ConfigureAwait(false);

        var result = new List<(ReadOnlyMemory<byte>, long)>(held.Count);
        foreach (ref readonly var entry in held.Entries)
            result.Add((held.Key(entry).ToArray(), ExpiryHold.Release(entry.ExpireAt)));
        return result;
    }

    /// <summary>True of an answer that the slot moves. When that is seen, all begins anew, and this too.</summary>
    public static bool IsElsewhere(RedisConnection connection, RespValue error) =>
        Redirection.TryParse(error.Text, connection.Endpoint) is not null;
}
