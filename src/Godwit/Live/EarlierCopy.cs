using Godwit.Connections;
using Godwit.Live.Lanes;
using Godwit.Protocol.Cluster;

namespace Godwit.Live;

/// <summary>
/// Deletes what an earlier snapshot brought to the target, before a new one is copied. Only for a target that held nothing of
/// anybody else's.
/// </summary>
/// <remarks>
/// To compare with the source instead, and to delete what it lacks, would not do: a key that was deleted before the new snapshot
/// and made again behind it is there, and what is left of the old one would be under what the changes put on top of it. And a key
/// that is gone by now may be in the snapshot, and be read by a change before it goes.
/// </remarks>
internal sealed class EarlierCopy(LiveEnds ends, LiveTargets targets)
{
    /// <summary>Deletes it, and says how many keys there were. The job's own records stay.</summary>
    /// <param name="slots">Those of the servers whose snapshots come anew.</param>
    /// <param name="cancellationToken">Ends it. It can be begun again.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="ServerErrorException">The target refused.</exception>
    public async Task<long> DeleteAsync(SlotSet slots, CancellationToken cancellationToken)
    {
        long deleted = 0;
        await AtEachPrimaryAsync(
                async connection =>
                {
                    var flush = new SlotFlush(slots, ends.TargetEndpoint.Database);
                    await flush.RunAsync(connection, cancellationToken).ConfigureAwait(false);
                    deleted += flush.Deleted;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return deleted;
    }

    /// <summary>Deletes the function libraries, too. Only for a target that had none of anybody else's.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="ServerErrorException">The target refused.</exception>
    public Task DeleteLibrariesAsync(CancellationToken cancellationToken) =>
        AtEachPrimaryAsync(
            connection => connection.ExecuteAsync(cancellationToken, "FUNCTION", "FLUSH"),
            cancellationToken
        );

    private async Task AtEachPrimaryAsync(Func<RedisConnection, Task> work, CancellationToken cancellationToken)
    {
        foreach (var shard in ends.Target.Topology.Map.Shards)
        {
            var connection = await targets.ConnectAsync(shard.Primary, cancellationToken).ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            await work(connection).ConfigureAwait(false);
        }
    }
}
