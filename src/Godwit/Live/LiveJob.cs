using Godwit.Batches;
using Godwit.Connections;
using Godwit.Live.Expiry;
using Godwit.Live.Following;
using Godwit.Live.Lanes;
using Godwit.Live.Links;
using Godwit.Live.Positions;
using Godwit.Live.Reversing;
using Godwit.Live.Servers;
using Godwit.Live.Spooling;
using Godwit.Live.State;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Live;

/// <summary>One live migration that follows replication streams: a snapshot, then every change behind it, until its user has enough.</summary>
internal sealed class LiveJob(MigrationOptions options, LiveOptions live, IMigrationLog log, TimeProvider timeProvider)
    : ILiveJob
{
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly JobCourse _course = new(options, timeProvider);
    private readonly ExpiryHold _expiries = new(timeProvider);
    private readonly BufferBudget _budget = new(options.MaxMemory / 2);
    private volatile SnapshotCopy? _copy;
    private volatile LiveMigration? _migration;
    private volatile JobState? _state;
    private volatile string _phase = LivePhase.Connecting;

    /// <inheritdoc/>
    public string? Job => _state?.Job;

    /// <inheritdoc/>
    public LinkStatus? Link => _migration?.Link;

    /// <inheritdoc/>
    public IReadOnlyList<ServerPlace> Places => _migration?.Places ?? [];

    /// <inheritdoc/>
    public ExpiryHold Expiries => _expiries;

    /// <inheritdoc/>
    public LiveCounts? Changes => _migration?.Counts is { } counts ? counts with { Waiting = Link?.Unread ?? 0 } : null;

    /// <inheritdoc/>
    public MigrationProgress Progress
    {
        get
        {
            var phase = _phase == LivePhase.Finishing ? _phase : _migration?.Phase ?? _phase;
            var source = _copy?.Source;
            return new MigrationProgress(
                _course.Counts,
                source?.BytesRead ?? 0,
                source?.ExpectedKeys,
                source?.ExpectedBytes,
                phase == LivePhase.Copying && Link is { Phase: LinkPhase.Preparing } ? LivePhase.Waiting : phase
            )
            {
                Live = phase == LivePhase.Following ? Changes : null,
            };
        }
    }

    /// <inheritdoc/>
    public Task<bool> RereadAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken) =>
        _migration?.RereadAsync(keys, cancellationToken) ?? Task.FromResult(false);

    /// <inheritdoc/>
    public Task<MigrationReport> RunAsync(CancellationToken stop) =>
        _course.RunAsync(RunAsync, () => (_copy?.Source, _copy?.Target), () => Changes, stop);

    private async Task RunAsync(Ledger ledger, DeadLetters deadLetters, CancellationToken stop)
    {
        var source = options.Sources[0].ToString()!;
        var target = options.Target.ToString()!;
        var directory = JobDirectory.Open(live.StateDirectory ?? JobDirectory.DefaultPath(source, target));
        var checkedOptions = options;
        if (live.Resume || live.ReverseOf is not null)
            checkedOptions = options with { OnExisting = OnExisting.Replace, FlushTarget = false };
        JobChecks.Check(directory, source, target, live.Resume);
        var reverse = live.ReverseOf is { } other ? new ReverseStart(other, source, target, log) : null;
        if (reverse is not null && !live.Resume)
            reverse.Check();
        var ends = await LiveEnds.OpenAsync(checkedOptions, log, timeProvider, stop).ConfigureAwait(false);
        await using var closingEnds = ends.ConfigureAwait(false);
        _expiries.Begin(ends, live.Resume);
        var state = (directory.State ?? NewState(source, target, ends)) with
        {
            Ended = null,
            Error = null,
            ResumeCommand = ResumeCommand.ForLive(options),
            Spool = live.SpoolDirectory is { } spools ? Path.GetFullPath(spools) : null,
        };
        _state = state;
        var connection = JobConnections.Of(state.Job, log);
        if (live.Resume)
        {
            var servers = ends.Target.Topology.Map.Shards.Select(shard => shard.Primary);
            await JobConnections.EndEarlierAsync(connection, servers, timeProvider, stop).ConfigureAwait(false);
        }

        var context = Context(ends, directory, state, connection, ledger, deadLetters);
        using var spool = SpoolDirectory.Open(live.SpoolDirectory ?? directory.SpoolPath, live.MaxDisk);
        var copy = new SnapshotCopy(ends, options, context.Targets, ledger, _expiries, _budget, timeProvider);
        _copy = copy;
        var migration = new LiveMigration(context, copy, spool);
        await using var closingMigration = migration.ConfigureAwait(false);
        _migration = migration;
        if (reverse is not null && !live.Resume)
        {
            await GoBackAsync(context, migration, reverse, state, stop).ConfigureAwait(false);
        }
        else
        {
            var from = await FindPlacesAsync(context, state, stop).ConfigureAwait(false);
            await JoinAsync(migration, from, stop).ConfigureAwait(false);

            // From here on the target is written to, and the job can be resumed.
            Begin(context, state);
            if (options.FlushTarget && !live.Resume)
                await context.Targets.FlushAsync(() => _course.IsWriting = true, stop).ConfigureAwait(false);
        }

        CutOver.Forget(directory.DirectoryPath);
        await migration.RunAsync(stop).ConfigureAwait(false);
        if (migration.HasCaughtUp)
            await MarkEndAsync(context).ConfigureAwait(false);

        // Stopped by its user, it can be resumed; else it is done.
        if (!stop.IsCancellationRequested)
            await FinishAsync(context).ConfigureAwait(false);
    }

    private void Begin(LiveContext context, JobState state)
    {
        context.Directory.Save(
            state with
            {
                Servers = state.Servers ?? context.Servers.States,
                Records = JobRecords.Known(state),
                Seen = timeProvider.GetUtcNow(),
            }
        );
        _course.IsWriting = true;
    }

    private async Task GoBackAsync(
        LiveContext context,
        LiveMigration migration,
        ReverseStart reverse,
        JobState state,
        CancellationToken stop
    )
    {
        var wasAwaited = reverse.IsAwaited;
        if (wasAwaited)
        {
            log.Info("The job that is gone back on is at work: what has changed counts from its end on.");
            await migration.WaitForCutOverAsync(reverse, stop).ConfigureAwait(false);
        }

        var records = new PositionBook(
            context.Ends.Source.Topology,
            context.Ends.SourceEndpoint.Database ?? 0,
            new ConnectionOptions(),
            timeProvider
        );
        var cutOver = await reverse.TakeAsync(records, stop).ConfigureAwait(false);
        var from = context.Servers.All.ToDictionary(
            server => server,
            server => ReverseStart.PlaceOf(cutOver, state.Job, server)
        );
        if (!wasAwaited)
        {
            reverse.TellIfUnsure(cutOver);
            await migration.JoinAsync(from, stop).ConfigureAwait(false);
        }

        Begin(context, state with { TargetWasEmpty = cutOver.WereAlike, TargetHadNoLibraries = cutOver.WereAlike });
        if (!await migration.GoBackFromAsync(from, live.AcceptLostChanges, stop).ConfigureAwait(false))
        {
            _course.IsWriting = false;
            context.Directory.Delete();
            throw ReverseStart.HistoryIsGone(state.Source, state.Target);
        }

        log.Info($"Going back: following what has changed at {state.Source} since {cutOver.At:u}.");
    }

    // For whoever wants to go back. Without that nothing is missing.
    private async Task MarkEndAsync(LiveContext context)
    {
        using var enough = new CancellationTokenSource(LastPatience, timeProvider);
        try
        {
            var ends = context.Ends;
            CutOver.Announce(context.Directory.DirectoryPath);
            var mark = new CutOverMark(
                context.State.Job,
                ends.Target.Topology,
                ends.TargetEndpoint.Database ?? 0,
                timeProvider
            );
            new CutOver
            {
                Job = context.State.Job,
                Source = context.State.Source,
                Target = context.State.Target,
                At = timeProvider.GetUtcNow(),
                WereAlike = context.State.TargetWasEmpty && ends.KeepDatabases,
                Places = await mark.SetAsync(enough.Token).ConfigureAwait(false),
            }.Save(context.Directory.DirectoryPath);
        }
        catch (Exception exception) when (exception is GodwitException or OperationCanceledException)
        {
            log.Warn($"There will be no way back by --reverse-of: {exception.Message}.");
        }
    }

    private LiveContext Context(
        LiveEnds ends,
        JobDirectory directory,
        JobState state,
        ConnectionOptions connection,
        Ledger ledger,
        DeadLetters deadLetters
    )
    {
        var book = new PositionBook(ends.Target.Topology, ends.TargetEndpoint.Database ?? 0, connection, timeProvider);
        return new LiveContext
        {
            Ends = ends,
            Options = options,
            Live = live,
            Directory = directory,
            IsResumed = live.Resume,
            Servers = new SourceServers(
                ends.Source.Topology,
                [.. ends.Sources.Select(server => server.Info)],
                state.Servers,
                timeProvider
            ),
            Records = new JobRecords(directory, state, book, ends.Target.Topology),
            Targets = new LiveTargets(ends, options, ledger.Events, connection, log, timeProvider),
            Expiries = _expiries,
            Budget = _budget,
            DeadLetters = deadLetters,
            Events = ledger.Events,
            Log = log,
            TimeProvider = timeProvider,
        };
    }

    // Where to go on with each server: null for a snapshot.
    private async Task<IReadOnlyDictionary<FollowedServer, PositionRecord?>> FindPlacesAsync(
        LiveContext context,
        JobState state,
        CancellationToken stop
    )
    {
        var places = new Dictionary<FollowedServer, PositionRecord?>();
        foreach (var server in context.Servers.All)
        {
            var record = live.Resume
                ? await context.Records.ReadAsync(server.Number, live.AcceptLostChanges, stop).ConfigureAwait(false)
                : null;
            places.Add(server, record);
            if (record is not null)
                log.Info($"Going on from offset {record.Applied} of the source's history.");
            else if (live.Resume && JobRecords.Known(state).Any(known => known.Server == server.Number))
                log.Warn("The target has no complete copy of the job: copying anew.");
        }

        return places;
    }

    private async Task JoinAsync(
        LiveMigration migration,
        IReadOnlyDictionary<FollowedServer, PositionRecord?> from,
        CancellationToken stop
    )
    {
        try
        {
            await migration.JoinAsync(from, stop).ConfigureAwait(false);
        }
        catch (GodwitException exception)
            when (live.Follow == FollowMode.Auto
                && exception is RefusedException or ConnectionException or ProtocolException
            )
        {
            throw new SyncRefusedException(exception);
        }
    }

    private JobState NewState(string source, string target, LiveEnds ends) =>
        new()
        {
            Job = JobDirectory.NewJob(),
            Source = source,
            Target = target,
            ReverseOf = live.ReverseOf is { } other ? Path.GetFullPath(other) : null,
            TargetWasEmpty = options.FlushTarget || ends.Target.Info.TotalKeys == 0,
            TargetHadNoLibraries = options.FlushTarget || ends.Target.Info["number_of_libraries"] is null or "0",
        };

    // All that the source had done is at the target: nothing of the job is to remain.
    private async Task FinishAsync(LiveContext context)
    {
        _phase = LivePhase.Finishing;
        await context.Records.KeepOnlyAsync([], CancellationToken.None).ConfigureAwait(false);
        context.Directory.Delete();
    }
}
