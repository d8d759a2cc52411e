using System.Runtime.CompilerServices;
using Godwit.Connections.Topology;
using Godwit.Protocol;
using Godwit.Sources.Shards;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>
/// The names of all keys of a database, shard after shard. What went from a server that was still to be scanned to one that had been was
/// in neither scan: such slots are listed once more. So a name may come twice.
/// </summary>
internal sealed class ShardNames(ShardAccess access, ShardedViewSettings settings)
{
    /// <summary>Gives them all.</summary>
    /// <exception cref="GodwitException">A shard has had no primary for too long.</exception>
    public async IAsyncEnumerable<byte[][]> ScanAsync(
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var watch = new SlotWatch(access.Topology, settings.Log, settings.TimeProvider);
        await using var closing = watch.ConfigureAwait(false);
        watch.Start();
        var scanned = new HashSet<string>(StringComparer.Ordinal);
        while (access.Map.Shards.FirstOrDefault(shard => !scanned.Contains(shard.Name)) is { } shard)
        {
            await foreach (var names in ScanAsync(shard.Name, database, cancellationToken).ConfigureAwait(false))
                yield return names;
            scanned.Add(shard.Name);
        }

        while (true)
        {
            await access.RenewAsync(cancellationToken).ConfigureAwait(false);
            var map = access.Map;
            var suspects = watch.Take(map);
            if (suspects.Count == 0)
                yield break;

            await foreach (
                var names in LookAgainAsync(map, suspects, database, cancellationToken).ConfigureAwait(false)
            )
                yield return names;
        }
    }

    private async IAsyncEnumerable<byte[][]> LookAgainAsync(
        ShardMap map,
        IReadOnlyList<int> suspects,
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (access.Topology.IsCluster)
        {
            foreach (var slot in suspects)
            {
                var listed = await ListAsync(slot, database, cancellationToken).ConfigureAwait(false);
                foreach (var names in listed.Chunk(settings.Round))
                    yield return names;
            }

            yield break;
        }

        // Without slots that can be listed: all that the new primary has.
        foreach (var shard in map.Shards)
        {
            await foreach (var names in ScanAsync(shard.Name, database, cancellationToken).ConfigureAwait(false))
                yield return names;
        }
    }

    // From the beginning again where its primary was lost: some names then come twice.
    private async IAsyncEnumerable<byte[][]> ScanAsync(
        string shard,
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var wait = access.NewWait();
        while (access.Map.Shards.FirstOrDefault(one => one.Name == shard) is { } found)
        {
            GodwitException? failure = null;
            var names = ScanAsync(found, database, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var closing = names.ConfigureAwait(false);
            while (failure is null)
            {
                try
                {
                    if (!await names.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (GodwitException exception) when (ShardAccess.IsPassing(exception))
                {
                    failure = exception;
                    continue;
                }

                wait.Progress();
                yield return names.Current;
            }

            await access.LoseAsync(found.Primary).ConfigureAwait(false);
            await wait.PauseAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<byte[][]> ScanAsync(
        Shard shard,
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var view = await access.AskAsync(shard.Primary, Task.FromResult, cancellationToken).ConfigureAwait(false);
        await foreach (var names in view.ScanAsync(database, cancellationToken).ConfigureAwait(false))
            yield return names;
    }

    // First at the owner: a key goes from there to another one, never back. All anew where a primary is lost meanwhile.
    private Task<List<byte[]>> ListAsync(int slot, int database, CancellationToken cancellationToken) =>
        access.RepeatAsync(
            async map =>
            {
                var owner = map.OwnerOf(slot);
                var listed = new List<byte[]>();
                foreach (var shard in map.Shards.OrderByDescending(shard => owner is { } at && shard == map.Shards[at]))
                {
                    var names = await access
                        .AskAsync(
                            shard.Primary,
                            view => view.NamesInSlotAsync(database, slot, cancellationToken),
                            cancellationToken
                        )
                        .ConfigureAwait(false);
                    listed.AddRange(names);
                }

                return listed;
            },
            cancellationToken
        );
}
