using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;

namespace Godwit.Sources.Shards;

/// <summary>Opens readings of shards: a whole shard in the way that was chosen, or some of its slots by their keys' names.</summary>
internal sealed class ShardOpener(
    ShardedEnd end,
    MigrationOptions options,
    LargeValueLimits? limits,
    RetryList? retry,
    SlotWatch watch,
    Ledger ledger,
    IMigrationLog log,
    TimeProvider timeProvider
)
{
    private readonly ReplicaChoice _replicas = new(log, timeProvider);

    /// <summary>The way in which shards are read: sync or scan. To be decided before the first is opened.</summary>
    public ReadMode Way { get; private set; } = options.Read;

    /// <summary>
    /// Decides between sync and scan, where that was left to us: all shards are read in one way. What it opens for that is the
    /// first shard's reading.
    /// </summary>
    public async Task<EntrySource?> DecideAsync(
        Func<CancellationToken, Task<EntrySource>> openFirst,
        CancellationToken cancellationToken
    )
    {
        if (Way != ReadMode.Auto)
            return null;

        if (retry is not null)
        {
            // A few named keys are asked for by name; whole snapshots for their sake would be a waste.
            Way = ReadMode.Scan;
            return null;
        }

        Way = ReadMode.Sync;
        try
        {
            return await openFirst(cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException exception)
            when (exception is RefusedException or ConnectionException or ProtocolException)
        {
            log.Info($"Reading with SCAN, because reading as a replica did not work: {exception.Message}.");
            Way = ReadMode.Scan;
            return null;
        }
    }

    /// <summary>Opens a reading of a shard.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="slots">Which of its slots are meant. A snapshot may hold keys of slots that are not the shard's any more.</param>
    /// <param name="givesServerWide">Function libraries come from this shard; called once they have come. Null: they do not.</param>
    /// <param name="account">Where its keys are settled.</param>
    /// <param name="share">Gives the buffers.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<EntrySource> OpenAsync(
        Shard shard,
        Func<int, bool> slots,
        Action? givesServerWide,
        Account account,
        BufferBudget share,
        CancellationToken cancellationToken
    )
    {
        var isReplica =
            options.ReadFrom == ReadFrom.Replica || (options.ReadFrom == ReadFrom.Auto && Way == ReadMode.Scan);
        var chosen = isReplica
            ? await _replicas.FindAsync(shard, end.Topology.IsCluster, cancellationToken).ConfigureAwait(false)
            : null;
        var server = chosen?.Endpoint ?? shard.Primary;
        var live = await LiveEnd
            .ConnectAsync(server, end.Topology, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            var choice = new EntryChoice(end.Named.Database, retry, end.Name)
            {
                Slots = slots,
                OmitsServerWide = givesServerWide is null,
            };
            if (chosen is not null)
                log.Info($"Reading {server} in place of its primary {shard.Primary}.");
            var source = await Live(share)
                .OpenAsync(
                    live.Connection,
                    live.Info,
                    choice,
                    cancellationToken,
                    account,
                    end.Topology.IsCluster ? watch.Suspect : null
                )
                .ConfigureAwait(false);
            return new ShardSource(
                source,
                givesServerWide,
                token => CheckReplicaAsync(chosen, shard, token),
                exception => Lose(shard, server.Address, exception)
            );
        }
        catch
        {
            await live.Connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a reading of some slots by their keys' names, from the shard that owns them. Only in clusters.</summary>
    public async Task<EntrySource> OpenSlotsAsync(
        Shard shard,
        ShardMap map,
        IReadOnlyList<int> slots,
        Action? givesServerWide,
        Account account,
        BufferBudget share,
        CancellationToken cancellationToken
    )
    {
        var live = await LiveEnd
            .ConnectAsync(shard.Primary, end.Topology, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            var parts = await Live(share)
                .OpenPartsAsync(live.Connection, account, cancellationToken)
                .ConfigureAwait(false);
            var choice = new EntryChoice(end.Named.Database, retry, end.Name)
            {
                OmitsServerWide = givesServerWide is null,
            };
            var source = new SlotKeySource(live, map, slots, choice, watch, parts);
            return new ShardSource(
                source,
                givesServerWide,
                _ => Task.CompletedTask,
                exception => LoseSlots(slots, shard.Primary.Address, exception)
            );
        }
        catch
        {
            await live.Connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A shard could not be opened, or not be read to its end.</summary>
    public void Lose(Shard shard, string server, GodwitException exception) =>
        LoseSlots(shard.Slots.SelectMany(range => Enumerable.Range(range.First, range.Count)), server, exception);

    private void LoseSlots(IEnumerable<int> slots, string server, GodwitException exception)
    {
        watch.Suspect(slots);
        log.Warn($"Reading {server} broke off: {exception.Message}. What it holds will be read again.");
        ledger.Events.Add($"Reading {server} broke off, and what it holds was read again");
    }

    private async Task CheckReplicaAsync(ChosenReplica? chosen, Shard shard, CancellationToken cancellationToken)
    {
        if (chosen is null || await _replicas.WasWholeAsync(chosen, shard, cancellationToken).ConfigureAwait(false))
            return;

        watch.Suspect(shard.Slots.SelectMany(range => Enumerable.Range(range.First, range.Count)));
        log.Warn(
            $"{chosen.Endpoint} may have got all its data anew while it was read in place of {shard.Primary}: what it holds will be read again."
        );
        ledger.Events.Add(
            $"{chosen.Endpoint.Address} may have been empty for a while, and what it holds was read again"
        );
    }

    private LiveSource Live(BufferBudget share) =>
        new(
            options with
            {
                Read = Way,
                LargeValues = limits?.Within(share.Limit),
            },
            share,
            SourcePace.Of(options, timeProvider),
            ledger,
            log,
            timeProvider
        );
}
