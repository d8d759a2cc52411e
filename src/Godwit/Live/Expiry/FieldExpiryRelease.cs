using Godwit.Connections;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Expiry;

/// <summary>
/// Gives fields of hashes the expiries that were held back. It walks over the target's hashes between the changes of the lane, as
/// <see cref="ExpiryRelease"/> does over its keys, but only where some may be held, and only over those hashes whose fields may
/// expire. Of a large hash it takes a part at a time.
/// </summary>
/// <param name="runInLane">Has something done with the target's connection between two changes, and waits for it.</param>
/// <param name="hold">Tells what is to stay held.</param>
/// <param name="slots">The slots whose keys are the lane's.</param>
internal sealed class FieldExpiryRelease(
    Func<Func<RedisConnection, CancellationToken, Task>, CancellationToken, Task> runInLane,
    ExpiryHold hold,
    SlotSet slots
)
{
    // What one errand looks at: a server spends a few milliseconds on them.
    private const int FieldsAtOnce = 2048;

    /// <summary>Walks over the target.</summary>
    /// <param name="databases">Where.</param>
    /// <param name="all">Those too that expire soon; see <see cref="ExpiryRelease.RunAsync"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ServerErrorException">The target refuses a command.</exception>
    public async Task RunAsync(IReadOnlyList<int> databases, bool all, CancellationToken cancellationToken)
    {
        if (!hold.Fields.MayBeHeld)
            return;

        foreach (var database in databases)
            await WalkAsync(database, all, cancellationToken).ConfigureAwait(false);
    }

    private async Task WalkAsync(int database, bool all, CancellationToken cancellationToken)
    {
        var cursor = "0";
        do
        {
            IReadOnlyList<HashPlace> hashes = [];
            await RunAsync(
                    async (walk, token) => (cursor, hashes) = await walk.FindAsync(cursor, token).ConfigureAwait(false)
                )
                .ConfigureAwait(false);
            foreach (var group in Groups(hashes))
            {
                for (var rest = group; rest.Count > 0; )
                {
                    await RunAsync(
                            async (walk, token) => rest = await walk.ReleaseAsync(rest, token).ConfigureAwait(false)
                        )
                        .ConfigureAwait(false);
                }
            }
        } while (cursor != "0");

        Task RunAsync(Func<HashWalk, CancellationToken, Task> work) =>
            runInLane(
                async (connection, token) =>
                {
                    await connection.ExecuteAsync(token, "SELECT", database).ConfigureAwait(false);
                    await work(new HashWalk(connection, hold, slots, all), token).ConfigureAwait(false);
                },
                cancellationToken
            );
    }

    // Many small ones at once, so that the way there and back is not waited for each.
    private static IEnumerable<IReadOnlyList<HashPlace>> Groups(IReadOnlyList<HashPlace> hashes)
    {
        var (group, fields) = (new List<HashPlace>(), 0);
        foreach (var hash in hashes)
        {
            if (group.Count > 0 && fields + hash.Fields > FieldsAtOnce)
            {
                yield return group;
                (group, fields) = ([], 0);
            }

            group.Add(hash);
            fields += hash.Fields;
        }

        if (group.Count > 0)
            yield return group;
    }
}
