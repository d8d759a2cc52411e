using System.Runtime.ExceptionServices;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Sources.Shards;
using Godwit.Targets;

namespace Godwit.Live.Following;

/// <summary>Copies everything that the source has: in the beginning, and whenever nobody knows what has changed.</summary>
/// <param name="ends">Both ends.</param>
/// <param name="ledger">Counts what is copied.</param>
internal sealed class WholeCopy(FollowingEnds ends, Ledger ledger)
{
    private volatile EntrySource? _source;
    private volatile EntryTarget? _target;

    /// <summary>What was read last, or is being read; null before the first. From any thread.</summary>
    public EntrySource? Source => _source;

    /// <summary>Where it was written, or is. From any thread.</summary>
    public EntryTarget? Target => _target;

    /// <summary>Copies everything. What changes meanwhile is told, and written behind this.</summary>
    /// <exception cref="GodwitException">One of the two broke off.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var source = await OpenSourceAsync(stop).ConfigureAwait(false);
        await using var closingSource = source.ConfigureAwait(false);
        var target = await ends.Targets.OpenAsync(OnExisting.Replace, stop).ConfigureAwait(false);
        await using var closingTarget = target.ConfigureAwait(false);
        (_source, _target) = (source, target);
        ends.Streams.Clear();
        await WriteAllAsync(source, target, stop).ConfigureAwait(false);
    }

    // From primaries: what a replica does not have yet was told already, and would be written over.
    private async Task<EntrySource> OpenSourceAsync(CancellationToken stop)
    {
        var (options, both) = (ends.Options with { Read = ReadMode.Scan, ReadFrom = ReadFrom.Primary }, ends.Ends);
        if (both.Source.Topology.CanFailOver)
        {
            return await ShardedSource
                .OpenAsync(
                    new ShardedEnd(both.Source.Topology, both.Sources),
                    options,
                    options.LargeValues,
                    retry: null,
                    ends.Budget.Split(both.Source.Topology.Map.Shards.Count),
                    ledger,
                    ends.Log,
                    ends.TimeProvider,
                    stop
                )
                .ConfigureAwait(false);
        }

        var end = await LiveEnd.ConnectAsync(both.SourceServer, ends.TimeProvider, stop).ConfigureAwait(false);
        ends.Databases.Add(end.Info.Keyspaces.Select(keyspace => keyspace.Database));
        var choice = new EntryChoice(end.Connection.Endpoint.Database, retry: null);
        return await new LiveSource(options, ends.Budget, ends.Pace, ledger, ends.Log, ends.TimeProvider)
            .OpenAsync(end.Connection, end.Info, choice, stop)
            .ConfigureAwait(false);
    }

    // Of a key whose database holds nothing any more when its name is told it is to be known where it was.
    private void Learn(EntryBatch batch)
    {
        var databases = new HashSet<int>();
        foreach (ref readonly var entry in batch.Entries)
        {
            if (entry.Kind == EntryKind.Key)
                databases.Add(entry.Database);
        }

        try
        {
            ends.Databases.Add(databases);
        }
        catch (FollowRefusedException)
        {
            batch.Dispose();
            throw;
        }
    }

    // What was taken from the source is written and settled even where the source breaks off or its user stops the run.
    private async Task WriteAllAsync(EntrySource source, EntryTarget target, CancellationToken stop)
    {
        ExceptionDispatchInfo? broken = null;

        // Of a copy that broke off some may never be settled.
        var leftBefore = ledger.Unsettled;
        try
        {
            await WriteAsync(source.ReadAsync(stop)).ConfigureAwait(false);
            while (source.MayLookAgain)
            {
                await target.SettleAsync(() => ledger.Unsettled <= leftBefore, stop).ConfigureAwait(false);
                if (!await source.MustLookAgainAsync(stop).ConfigureAwait(false))
                    break;
                await WriteAsync(source.LookAgainAsync(stop)).ConfigureAwait(false);
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

        async Task WriteAsync(IAsyncEnumerable<EntryBatch> batches)
        {
            await foreach (var batch in batches.ConfigureAwait(false))
            {
                Learn(batch);
                batch.Account.Take(batch.Count);
                ends.Streams.Learn(batch);
                ends.Expiries.Apply(batch);
                await target.WriteAsync(batch, CancellationToken.None).ConfigureAwait(false);
                stop.ThrowIfCancellationRequested();
            }
        }
    }
}
