using System.Threading.Channels;
using Godwit.Connections;
using Godwit.Live.Lanes;
using Godwit.Protocol.Cluster;

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
internal sealed class ExpiryRelease(
    ChannelWriter<LaneWork> lane,
    ExpiryHold hold,
    bool hasExpireTime,
    int? onlyDatabase,
    SlotSet slots
)
{
    private const int KeysAtOnce = 512;

    /// <summary>Walks over the target.</summary>
    /// <param name="all">
    /// Those too that expire soon. Else they stay held: the source will say itself that they have gone, or were renewed; and where all are
    /// to be held again before the walk has come to its end, it gives no more. True where no more changes come.
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
        var expiries = new KeyExpiries(connection, hasExpireTime, hold);
        var held = await expiries.AskAsync(keys, ExpiryHold.IsHeld, cancellationToken).ConfigureAwait(false);
        (ReadOnlyMemory<byte> Key, long ExpireAt)[] due =
        [
            .. held
                .Found.Select(key => (key.Key, ExpireAt: ExpiryHold.Release(key.ExpireAt)))
                .Where(key => all || !hold.Holds(key.ExpireAt)),
        ];
        await expiries.SetAsync(due, cancellationToken).ConfigureAwait(false);
        hold.CountReleased(due.Length);
        return scan.Items[0].Text;
    }
}
