using Godwit.Live.Expiry;
using Godwit.Live.Following;
using Godwit.Live.Lanes;
using Godwit.Live.Links;
using Godwit.Live.State;
using Godwit.Migration;

namespace Godwit.Live;

/// <summary>
/// A live migration in the way that its user chose, or in the best that the source lets us: as a replica, else by the names of
/// the keys that change.
/// </summary>
internal sealed class LiveJobChoice(
    MigrationOptions options,
    LiveOptions live,
    IMigrationLog log,
    TimeProvider timeProvider
) : ILiveJob
{
    private readonly ExpiryHold _none = new(timeProvider);
    private volatile ILiveJob? _job;

    /// <inheritdoc/>
    public MigrationProgress Progress => _job?.Progress ?? new(default, 0, null, null, LivePhase.Connecting);

    /// <inheritdoc/>
    public string? Job => _job?.Job;

    /// <inheritdoc/>
    public LinkStatus? Link => _job?.Link;

    /// <inheritdoc/>
    public IReadOnlyList<ServerPlace> Places => _job?.Places ?? [];

    /// <inheritdoc/>
    public LiveCounts? Changes => _job?.Changes;

    /// <inheritdoc/>
    public ExpiryHold Expiries => _job?.Expiries ?? _none;

    /// <inheritdoc/>
    public Task<bool> RereadAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken) =>
        _job?.RereadAsync(keys, cancellationToken) ?? Task.FromResult(false);

    /// <inheritdoc/>
    public async Task<MigrationReport> RunAsync(CancellationToken stop)
    {
        var follow = live.Follow == FollowMode.Auto ? WayOfEarlierRun() ?? FollowMode.Auto : live.Follow;
        var chosen = live with { Follow = follow };
        if (follow is FollowMode.Auto or FollowMode.Sync)
        {
            _job = new LiveJob(options, chosen, log, timeProvider);
            var report = await _job.RunAsync(stop).ConfigureAwait(false);
            if (report.Failure is not { Exception: SyncRefusedException, BeforeFirstWrite: true } failure)
                return report;
            log.Info(
                $"Following by the names of changed keys, because following as a replica did not work: {failure.Message}."
            );
        }

        _job = new DirtyKeyJob(options, chosen, log, timeProvider);
        return await _job.RunAsync(stop).ConfigureAwait(false);
    }

    // A job goes on as it has begun. What is wrong with its state, the job says itself.
    private FollowMode? WayOfEarlierRun()
    {
        if (!live.Resume)
            return null;

        try
        {
            var path = live.StateDirectory ?? JobDirectory.DefaultPath($"{options.Sources[0]}", $"{options.Target}");
            return JobDirectory.Open(path).State switch
            {
                null => null,
                { Follow: "tracking" } => FollowMode.Tracking,
                { Follow: "notify" } => FollowMode.Notify,
                _ => FollowMode.Sync,
            };
        }
        catch (RefusedException)
        {
            return null;
        }
    }
}
