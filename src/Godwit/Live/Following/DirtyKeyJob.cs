using Godwit.Batches;
using Godwit.Live.Expiry;
using Godwit.Live.Following.Feeds;
using Godwit.Live.Links;
using Godwit.Live.Servers;
using Godwit.Live.State;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Sources.Scan;

namespace Godwit.Live.Following;

/// <summary>
/// A live migration from a source that lets nobody be its replica: everything is read by SCAN, then each key that changes again.
/// What is written is a key's state, so that a crash costs nothing but another reading.
/// </summary>
internal sealed class DirtyKeyJob(
    MigrationOptions options,
    LiveOptions live,
    IMigrationLog log,
    TimeProvider timeProvider
) : ILiveJob
{
    // Of what we may hold half is for entries on their way.
    private const int ShareOfNames = 4;
    private const int ShareOfStreams = 16;

    private readonly JobCourse _course = new(options, timeProvider);
    private readonly DirtyKeys _keys = new(options.MaxMemory / ShareOfNames, timeProvider);
    private volatile WholeCopy? _copy;
    private volatile DirtyKeySession? _session;
    private readonly ExpiryHold _expiries = new(timeProvider);
    private volatile JobState? _state;
    private volatile string _phase = LivePhase.Connecting;

    /// <inheritdoc/>
    public MigrationProgress Progress =>
        new(_course.Counts, _copy?.Source?.BytesRead ?? 0, _copy?.Source?.ExpectedKeys, null, _phase)
        {
            Live = _phase == LivePhase.Following ? _session?.Counts : null,
        };

    /// <inheritdoc/>
    public string? Job => _state?.Job;

    /// <summary>None: there is no replication link.</summary>
    public LinkStatus? Link => null;

    /// <inheritdoc/>
    public LiveCounts? Changes => _session?.Counts;

    /// <inheritdoc/>
    public ExpiryHold Expiries => _expiries;

    /// <inheritdoc/>
    public Task<MigrationReport> RunAsync(CancellationToken stop) =>
        _course.RunAsync(RunAsync, () => (_copy?.Source, _copy?.Target), () => _session?.Counts, stop);

    private async Task RunAsync(Ledger ledger, DeadLetters deadLetters, CancellationToken stop)
    {
        if (live.Fence)
        {
            throw new RefusedException(
                "--fence proves that the replication stream has come through, and this source is followed by the names of changed keys",
                "Leave --fence out: whether anything is left to do is asked over the connection that tells the names."
            );
        }

        var directory = OpenState();
        var checkedOptions = options;
        if (live.Resume)
            checkedOptions = options with { OnExisting = OnExisting.Replace, FlushTarget = false };
        var ends = await LiveEnds.OpenAsync(checkedOptions, log, timeProvider, stop).ConfigureAwait(false);
        await using var closingEnds = ends.ConfigureAwait(false);
        _expiries.Begin(ends, live.Resume);
        var isEmpty = options.FlushTarget || ends.Target.Info.TotalKeys == 0;
        if (options.OnExisting == OnExisting.Skip && !isEmpty && !live.Resume)
        {
            throw new RefusedException(
                "The target holds keys, and --on-existing skip cannot be kept when keys are read again as they change",
                "Choose --on-existing replace, or empty the target first with --flush-target --yes."
            );
        }

        if (!ends.Source.Info.IsComplete && ends.SourceEndpoint.Database is null)
            throw ScanRights.UnknownDatabases(ends.Source.Connection);
        var rights = await ScanRights.AskAsync(ends.Source.Connection, stop).ConfigureAwait(false);
        var state = directory.State;
        var servers = new SourceServers(
            ends.Source.Topology,
            [.. ends.Sources.Select(server => server.Info)],
            saved: null,
            timeProvider
        );
        var streams = new StreamKeys(options.MaxMemory / ShareOfStreams);
        var (way, feeds) = await OpenFeedsAsync(ends, servers, streams, ledger.Events, stop).ConfigureAwait(false);
        await using var closingFeeds = feeds.ConfigureAwait(false);
        state ??= NewState(way.Name, isEmpty);
        var connection = JobConnections.Of(state.Job, log);
        if (live.Resume)
        {
            var primaries = ends.Target.Topology.Map.Shards.Select(shard => shard.Primary);
            await JobConnections.EndEarlierAsync(connection, primaries, timeProvider, stop).ConfigureAwait(false);
        }

        var databases = new SourceDatabases(
            ends.SourceEndpoint.Database,
            ends.TargetEndpoint.Database,
            options.Databases,
            state.TargetWasEmpty,
            way is TrackingWay
        );
        foreach (var server in ends.Sources)
            databases.Add(server.Info.Keyspaces.Select(keyspace => keyspace.Database));

        // What an earlier run has written, and whose last key may have gone since.
        if (state.TargetWasEmpty && ends.TargetEndpoint.Database is null)
            databases.AddWritten(ends.Target.Info.Keyspaces.Select(keyspace => keyspace.Database));
        var following = new FollowingEnds
        {
            Ends = ends,
            Options = options,
            Servers = servers,
            Targets = new LiveTargets(ends, options, ledger.Events, connection, log, timeProvider),
            Rights = rights,
            Databases = databases,
            Streams = streams,
            Expiries = _expiries,
            Budget = new BufferBudget(options.MaxMemory / 2),
            Pace = SourcePace.Of(options, timeProvider),
            Log = log,
            TimeProvider = timeProvider,
        };

        // From here on the target is written to, and the job can be resumed.
        directory.Save(state with { Seen = timeProvider.GetUtcNow() });
        _state = directory.State;
        _course.IsWriting = true;
        if (options.FlushTarget && !live.Resume)
            await following.Targets.FlushAsync(() => _course.IsWriting = true, stop).ConfigureAwait(false);
        await FollowAsync(following, feeds, state, ledger, deadLetters, stop).ConfigureAwait(false);

        // Stopped by its user, it can be resumed; else it is done.
        if (!stop.IsCancellationRequested)
            directory.Delete();
    }

    private async Task FollowAsync(
        FollowingEnds following,
        SourceFeeds feeds,
        JobState state,
        Ledger ledger,
        DeadLetters deadLetters,
        CancellationToken stop
    )
    {
        var copier = new KeyCopier(
            following,
            _keys,
            secondLook => new Ledger(deadLetters, options.AllowLoss).Open(source: null, secondLook: secondLook)
        );
        await using var closingCopier = copier.ConfigureAwait(false);
        var copy = new WholeCopy(following, ledger);
        using var watch = new TargetWatch(following.Ends.Target.Topology, timeProvider);

        // Before anything is written: who starts anew behind this has lost something.
        await watch.LookNowAsync(stop).ConfigureAwait(false);
        _copy = copy;
        _keys.Raise(Doubt.Anything, "nobody has heard what changed since the last run");
        var session = new DirtyKeySession(
            following,
            _keys,
            feeds,
            copier,
            watch,
            new ReleaseWalk(following, copier, watch),
            new DirtyKeySettings
            {
                Until = live.Until,
                TargetWasEmpty = state.TargetWasEmpty,
                IsResumed = live.Resume,
                CopyAllAsync = copy.RunAsync,
                Phase = phase => _phase = phase,
            }
        );
        _session = session;
        await session.RunAsync(stop).ConfigureAwait(false);
    }

    private JobDirectory OpenState()
    {
        var (source, target) = ($"{options.Sources[0]}", $"{options.Target}");
        var directory = JobDirectory.Open(live.StateDirectory ?? JobDirectory.DefaultPath(source, target));
        JobChecks.Check(directory, source, target, live.Resume);
        if (directory.State is { Follow: null })
        {
            throw new RefusedException(
                $"The job in {directory.DirectoryPath} follows the replication stream",
                "Leave --follow out, or begin another job beside it with --state DIR."
            );
        }

        return directory;
    }

    private JobState NewState(string way, bool targetIsEmpty) =>
        new()
        {
            Job = JobDirectory.NewJob(),
            Source = $"{options.Sources[0]}",
            Target = $"{options.Target}",
            TargetWasEmpty = targetIsEmpty,
            Follow = way,
        };

    private async Task<(FeedWay Way, SourceFeeds Feeds)> OpenFeedsAsync(
        LiveEnds ends,
        SourceServers servers,
        StreamKeys streams,
        RunEvents events,
        CancellationToken cancellationToken
    )
    {
        var database = ends.SourceEndpoint.Database;
        if (live.Follow != FollowMode.Notify)
        {
            try
            {
                return await OpenAsync(server => new TrackingWay(server, database)).ConfigureAwait(false);
            }
            catch (RefusedException exception) when (live.Follow == FollowMode.Auto)
            {
                log.Info($"Following by keyspace events, because tracking did not work: {exception.Message}.");
            }
        }

        return await OpenAsync(server => new KeyEventWay(server, database, log)).ConfigureAwait(false);

        async Task<(FeedWay, SourceFeeds)> OpenAsync(Func<FollowedServer, FeedWay> wayOf)
        {
            var feeds = new SourceFeeds(servers, ends.Source.Info, wayOf, _keys, streams, events, log, timeProvider);
            try
            {
                await feeds.OpenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await feeds.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            var way = wayOf(servers.All[0]);
            log.Info(
                $"Following the names of changed keys ({way.Name}): each is read again and written as it is then."
            );
            return (way, feeds);
        }
    }
}
