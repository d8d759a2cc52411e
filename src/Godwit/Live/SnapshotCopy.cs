using System.Runtime.ExceptionServices;
using Godwit.Batches;
using Godwit.Live.Expiry;
using Godwit.Live.Links;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Targets;

namespace Godwit.Live;

/// <summary>Copies the snapshots of the servers that are followed, side by side.</summary>
/// <param name="ends">Both ends.</param>
/// <param name="options">What the user chose.</param>
/// <param name="targets">Opens the target.</param>
/// <param name="ledger">Accounts for every key.</param>
/// <param name="expiries">Keeps expiries back.</param>
/// <param name="budget">Gives the buffers.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class SnapshotCopy(
    LiveEnds ends,
    MigrationOptions options,
    LiveTargets targets,
    Ledger ledger,
    ExpiryHold expiries,
    BufferBudget budget,
    TimeProvider timeProvider
)
{
    private volatile EntrySource? _source;
    private volatile EntryTarget? _target;

    /// <summary>What is read, or was at last; null before the first.</summary>
    public EntrySource? Source => _source;

    /// <summary>Where it goes; null before the first.</summary>
    public EntryTarget? Target => _target;

    /// <summary>Copies snapshots.</summary>
    /// <param name="servers">Each with its generation, which has a snapshot that nobody has read.</param>
    /// <param name="onExisting">What a key that the target has already gets.</param>
    /// <param name="stop">Ends it in order.</param>
    /// <returns>The database that each server had selected where its changes begin.</returns>
    /// <exception cref="LinkSupersededException">One will never be whole: another one comes. What was counted is void.</exception>
    public async Task<IReadOnlyList<int>> RunAsync(
        IReadOnlyList<(FollowedServer Server, LinkGeneration Generation)> servers,
        OnExisting onExisting,
        CancellationToken stop
    )
    {
        var target = await targets.OpenAsync(onExisting, stop).ConfigureAwait(false);
        await using var closingTarget = target.ConfigureAwait(false);
        _target = target;
        var shares = servers.Count == 1 ? [budget] : budget.Split(servers.Count);
        var accounts = servers.Select(_ => OpenAccount()).ToArray();
        LinkSnapshotSource[] snapshots =
        [
            .. servers.Select((of, index) => Snapshot(of.Server, of.Generation, shares[index], accounts[index])),
        ];
        EntrySource source =
            snapshots.Length == 1
                ? snapshots[0]
                : new ManySources(
                    [.. snapshots.Select((snapshot, index) => Defer(servers[index].Server, snapshot))],
                    shares
                );
        await using var closingSource = source.ConfigureAwait(false);
        _source = source;
        try
        {
            if (source is ManySources many)
                await many.OpenFirstAsync(stop).ConfigureAwait(false);
            await WriteAllAsync(source, target, stop).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception
                    is LinkSupersededException
                        or SourceFailedException { InnerException: LinkSupersededException }
            )
        {
            foreach (var account in accounts)
                account.Void();
            if (exception is LinkSupersededException)
                throw;
            throw new LinkSupersededException();
        }

        return [.. snapshots.Select(snapshot => snapshot.StreamDatabase)];
    }

    private Account OpenAccount() =>
        ledger.Open(ends.SourceEndpoint.ToString(), isOfOneDatabase: ends.SourceEndpoint.Database is not null);

    private LinkSnapshotSource Snapshot(
        FollowedServer server,
        LinkGeneration generation,
        BufferBudget share,
        Account account
    ) =>
        new(
            generation,
            server,
            ends.SourceEndpoint.Database,
            options.LargeValues?.Within(share.Limit),
            share,
            SourcePace.Of(options, timeProvider),
            expiries,
            account
        );

    private static DeferredSource Defer(FollowedServer server, LinkSnapshotSource snapshot) =>
        new(server.Shard.Primary.ToString(), snapshot.Reports, (_, _) => Task.FromResult<EntrySource>(snapshot));

    // What was taken from the snapshot is written and settled even where the source breaks off or its user stops the run.
    private static async Task WriteAllAsync(EntrySource source, EntryTarget target, CancellationToken stop)
    {
        ExceptionDispatchInfo? broken = null;
        try
        {
            await foreach (var batch in source.ReadAsync(stop).ConfigureAwait(false))
            {
                batch.Account.Take(batch.Count);
                await target.WriteAsync(batch, CancellationToken.None).ConfigureAwait(false);
                stop.ThrowIfCancellationRequested();
            }
        }
        catch (Exception exception) when (exception is GodwitException or OperationCanceledException)
        {
            broken = ExceptionDispatchInfo.Capture(exception);
        }

        try
        {
            await target.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (GodwitException) when (broken is not null)
        {
            // What broke off first is what the report tells.
        }

        broken?.Throw();
    }
}
