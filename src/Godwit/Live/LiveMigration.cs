using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Lanes;
using Godwit.Live.Links;
using Godwit.Live.Positions;
using Godwit.Live.Reversing;
using Godwit.Live.Servers;
using Godwit.Live.Spooling;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Live;

/// <summary>
/// The work of a live job once both ends are known: the snapshots of all servers, then their changes, session after session, whatever
/// happens to the servers meanwhile.
/// </summary>
internal sealed class LiveMigration : IAsyncDisposable
{
    // Longer than a restart or a failover takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly LiveContext _context;
    private readonly SnapshotCopy _copy;
    private readonly ServerLinks _links;
    private long? _interruptedAt;
    private long _appliedThen;

    // The one that follows now, and what those before it did.
    private volatile Tuple<LiveCounts, LiveSession>? _session;

    /// <summary>Creates it. Nothing is connected before it runs.</summary>
    public LiveMigration(LiveContext context, SnapshotCopy copy, SpoolDirectory spool) =>
        (_context, _copy, _links) = (context, copy, new ServerLinks(context, spool));

    /// <summary>What it is about; from any thread.</summary>
    public string Phase { get; private set; } = LivePhase.Connecting;

    /// <summary>The connections to all servers; null before the first. From any thread.</summary>
    public LinkStatus? Link => _links.Status;

    /// <summary>The changes since this run began; null before the first. From any thread.</summary>
    public LiveCounts? Counts => _session is (var before, var session) ? session.Counts.After(before) : null;

    /// <summary>How each server stands; from any thread.</summary>
    public IReadOnlyList<ServerPlace> Places
    {
        get
        {
            if (_session is not (_, var session))
                return [];
            var links = _links.All;
            return links.Length != session.Streams.Count
                ? []
                :
                [
                    .. session.Streams.Zip(
                        links,
                        (stream, link) =>
                            new ServerPlace(
                                link.Server.Shard.Primary.ToString(),
                                link.Generation?.ReplicationId ?? "",
                                stream.Applied,
                                stream.LagBytes
                            )
                    ),
                ];
        }
    }

    /// <summary>Joins all servers, from where their records say.</summary>
    /// <param name="from">For each server what the target has of its changes: null for a snapshot.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">One cannot be followed.</exception>
    public async Task JoinAsync(
        IReadOnlyDictionary<FollowedServer, PositionRecord?> from,
        CancellationToken cancellationToken
    )
    {
        // Slots may have moved since the last run, and servers may have come and gone.
        await _links.AdoptAsync(_context.Servers.Topology.Map, from).ConfigureAwait(false);
        foreach (var link in _links.All)
            await link.AdvanceAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Joins all servers while another job is at work, and lets pass what comes until that has ended.</summary>
    /// <param name="reverse">Knows of the other job.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="GodwitException">One cannot be followed.</exception>
    public Task WaitForCutOverAsync(ReverseStart reverse, CancellationToken cancellationToken)
    {
        Phase = LivePhase.WaitingForCutOver;
        return new WayBack(_context, _links).WaitForCutOverAsync(reverse, cancellationToken);
    }

    /// <inheritdoc cref="WayBack.BeginAsync"/>
    public Task<bool> GoBackFromAsync(
        IReadOnlyDictionary<FollowedServer, PositionRecord?> from,
        bool copies,
        CancellationToken cancellationToken
    ) => new WayBack(_context, _links).BeginAsync(from, copies, cancellationToken);

    /// <summary>Has keys read anew; from any thread.</summary>
    /// <returns>False if no session follows just now, or it ended meanwhile.</returns>
    public Task<bool> RereadAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken) =>
        _session?.Item2.RereadAsync(keys, cancellationToken) ?? Task.FromResult(false);

    /// <summary>When it ended, all that the source had done by then was at the target.</summary>
    public bool HasCaughtUp { get; private set; }

    /// <summary>Runs until it has caught up, where that is what its user wants, or is told to stop.</summary>
    /// <exception cref="GodwitException">An end broke off for good.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _links.CatchUpAsync(stop).ConfigureAwait(false);
                await CopyAsync(stop).ConfigureAwait(false);
                if (await FollowAsync(stop).ConfigureAwait(false) == SessionEnd.Enough)
                    return;
                await RenewAsync(stop).ConfigureAwait(false);
            }
            catch (LinkSupersededException)
            {
                _context.Log.Warn("The source cannot go on from where it was left: copying anew.");
            }
            catch (GodwitException exception) when (IsInterruption(exception))
            {
                await WaitAsync(exception, stop).ConfigureAwait(false);
            }
        }

        stop.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _links.DisposeAsync();

    private ShardMap TargetMap => _context.Ends.Target.Topology.Map;

    private async Task CopyAsync(CancellationToken stop)
    {
        var copied = _links.All.Where(link => link.MustCopy).ToArray();
        if (copied.Length == 0)
            return;

        Phase = LivePhase.Copying;
        HoldAll();
        var records = new List<PositionRecord>();
        foreach (var link in copied)
        {
            var record = new PositionRecord
            {
                Job = _context.State.Job,
                Sequence = 0,
                ReplicationId = link.Generation!.ReplicationId,
                Applied = link.Generation.StartOffset,
                Sent = link.Generation.StartOffset,
                Database = 0,
                HasSnapshot = false,
            };
            records.Add(await _context.Records.WriteAsync(link.Server, record, TargetMap, stop).ConfigureAwait(false));
        }

        var again = copied.Any(link => link.HasCopied);
        if (again)
            await DeleteEarlierCopyAsync(copied, stop).ConfigureAwait(false);
        foreach (var link in copied)
            link.HasCopied = true;
        var databases = await _copy
            .RunAsync(
                [.. copied.Select(link => (link.Server, link.Generation!))],
                again ? OnExisting.Replace : _context.Options.OnExisting,
                stop
            )
            .ConfigureAwait(false);
        for (var i = 0; i < copied.Length; i++)
        {
            var record = records[i] with { Database = databases[i], HasSnapshot = true };
            await _context.Records.WriteAsync(copied[i].Server, record, TargetMap, stop).ConfigureAwait(false);
            copied[i].Copied();
        }
    }

    private async Task DeleteEarlierCopyAsync(ServerLink[] copied, CancellationToken stop)
    {
        var earlier = new EarlierCopy(_context.Ends, _context.Targets);
        var state = _context.State;
        if (
            _context.Ends.AreWhole
            && state.TargetHadNoLibraries
            && _context.Ends.Profile.HasFunctions
            && copied.Any(link => link.Server.IsFirst)
        )
            await earlier.DeleteLibrariesAsync(stop).ConfigureAwait(false);
        if (!state.TargetWasEmpty)
            return;

        Phase = LivePhase.Comparing;
        var slots = copied.Aggregate(SlotSet.None, (all, link) => all.Or(link.Server.Slots));
        var deleted = await earlier.DeleteAsync(slots, stop).ConfigureAwait(false);
        Phase = LivePhase.Copying;
        if (deleted > 0)
            _context.Log.Info($"Deleted {deleted} keys at the target, which an earlier snapshot had brought.");
    }

    private async Task<SessionEnd> FollowAsync(CancellationToken stop)
    {
        Phase = LivePhase.Following;
        var links = _links.All;
        if (links.Any(link => link.MissingFirst))
        {
            // A server that has no slots any more cannot be asked what it has.
            var source = _context.Servers.Topology;
            var now = await source.RenewAsync(source.Map.Version, stop).ConfigureAwait(false);
            if (_context.Servers.LookAt(now) == MapState.Changed)
                return SessionEnd.MapChanged;
            HoldAll();
        }

        await _context.Targets.EndLostAsync(stop).ConfigureAwait(false);
        var map = TargetMap;
        var builder = new SessionBuilder(_context, links, map);
        foreach (var link in links)
        {
            var record = await _context
                .Records.ReadAsync(link.Server.Number, _context.Ends.Target.Topology.CanFailOver, stop)
                .ConfigureAwait(false);
            if (record is null || !link.Keeps(record))
            {
                await _links.RejoinAsync(link, record, stop).ConfigureAwait(false);
                return SessionEnd.MapChanged;
            }

            if (_context.Ends.Target.Topology.IsCluster)
                record = await _context.Records.WriteAsync(link.Server, record, map, stop).ConfigureAwait(false);
            builder.Add(link, record);
        }

        var session = builder.Build();
        await using var closing = session.ConfigureAwait(false);
        var caughtUpAt = _session?.Item2.CaughtUpAt ?? _context.TimeProvider.GetTimestamp();
        _session = Tuple.Create(Counts ?? default, session);
        var hasEnded = false;
        try
        {
            var end = await session.RunAsync(caughtUpAt, stop).ConfigureAwait(false);
            HasCaughtUp = session.HasCaughtUp;
            hasEnded = true;
            return end;
        }
        finally
        {
            builder.NoteForeignKeys();

            // Whoever broke off may have been looking for what died, and nobody knows when it goes on.
            var isDue = !hasEnded || session.Streams.Any(stream => stream.HasSweepDue);
            if (isDue && !_context.Expiries.IsUnbroken)
                LookForMissing();
        }
    }

    // From here on it may take long. What was given its expiry may die at the target before the change comes that renews it.
    private void HoldAll()
    {
        if (!_context.Expiries.HoldsAll)
            LookForMissing();
        _context.Expiries.HoldsAll = true;
    }

    private void LookForMissing()
    {
        foreach (var link in _links.All.Where(link => !link.MustCopy))
            link.MissingFirst = true;
    }

    // Slots are elsewhere, at the source or at the target. Nothing is on its way.
    private async Task RenewAsync(CancellationToken stop)
    {
        var source = _context.Servers.Topology;
        var map = await source.RenewAsync(source.Map.Version, stop).ConfigureAwait(false);
        await _links.AdoptAsync(map, new Dictionary<FollowedServer, PositionRecord?>()).ConfigureAwait(false);
        await _context.Records.KeepOnlyAsync(_context.Servers.All, stop).ConfigureAwait(false);
        var target = _context.Ends.Target.Topology;
        if (target.IsCluster)
            await target.RenewAsync(target.Map.Version, stop).ConfigureAwait(false);
    }

    // A target that is a single server is waited for by its lanes.
    private bool IsInterruption(GodwitException exception) =>
        exception switch
        {
            LaneInterruptedException => true,
            TargetLostChangesException => _context.Ends.Target.Topology.CanFailOver,
            ConnectionException lost => lost.IsTransient
                && (_context.Ends.Target.Topology.CanFailOver || !IsTarget(lost.Address)),
            ServerErrorException refused => refused.IsTransient && !IsTarget(refused.Address),
            _ => false,
        };

    private bool IsTarget(string address) =>
        _context.Ends.Target.Topology.Map.Shards.Any(shard => shard.Primary.Address == address);

    // As long as it gets on between two of them, it may happen any number of times.
    private async Task WaitAsync(GodwitException exception, CancellationToken stop)
    {
        var applied = _session?.Item2.Streams.Sum(stream => stream.Applied) ?? 0;
        if (_interruptedAt is null || applied > _appliedThen)
            _interruptedAt = _context.TimeProvider.GetTimestamp();
        _appliedThen = Math.Max(_appliedThen, applied);
        var cause = (exception as LaneInterruptedException)?.Cause ?? exception;
        if (_context.TimeProvider.GetElapsedTime(_interruptedAt.Value) > Patience)
            throw cause;

        _context.Log.Warn($"Beginning anew from what the target has: {cause.Message}.");
        await Task.Delay(Pause, _context.TimeProvider, stop).ConfigureAwait(false);
        foreach (var topology in new[] { _context.Ends.Target.Topology, _context.Servers.Topology })
        {
            try
            {
                if (topology.CanFailOver)
                    await topology.RenewAsync(topology.Map.Version, stop).ConfigureAwait(false);
            }
            catch (ConnectionException)
            {
                // Nobody can be asked just now. It is tried again with what is known.
            }
        }
    }
}
