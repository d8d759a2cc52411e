using Godwit.Connections;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Protocol;

namespace Godwit.Live;

/// <summary>
/// Follows all servers of a source after their snapshots, and says when all that they had done is at the target. It lasts as long as slots
/// stay where they are.
/// </summary>
/// <param name="streams">A stream for each server.</param>
/// <param name="releases">Give expiries that were held back: one for each lane.</param>
/// <param name="expiries">Keeps them back.</param>
/// <param name="options">What it is to do.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LiveSession(
    IReadOnlyList<StreamSession> streams,
    IReadOnlyList<ExpiryRelease> releases,
    ExpiryHold expiries,
    LiveSessionOptions options,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ConfirmEvery = TimeSpan.FromSeconds(1);

    // From here on an expiry might strike before the change that renews the key arrives.
    private static readonly TimeSpan FarBehind = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    private long _caughtUpAt;
    private long _confirmedAt;
    private volatile bool _isCaughtUp;
    private MapState _map;
    private readonly Lock _holding = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The streams.</summary>
    public IReadOnlyList<StreamSession> Streams => streams;

    /// <summary>How it stands. May be read from any thread.</summary>
    public LiveCounts Counts =>
        new(
            streams.Sum(stream => stream.Received),
            streams.Sum(stream => stream.Lanes.Sum(lane => lane.Changes)),
            streams.Sum(stream => stream.Lanes.Sum(lane => lane.Repaired)),
            streams.Aggregate((long?)0, (sum, stream) => sum + stream.LagBytes),
            _isCaughtUp ? TimeSpan.Zero : timeProvider.GetElapsedTime(Volatile.Read(ref _caughtUpAt)),
            _isCaughtUp
        )
        {
            Offset = streams.Count == 1 ? streams[0].Applied : null,
            IsFenced = options.Fences.Count == 0 ? null : options.Fences.All(fence => fence.IsPassed),
        };

    /// <summary>
    /// Follows until it has caught up, where that is what its user wants, or is told to stop. What was received is then applied.
    /// </summary>
    /// <param name="caughtUpAt">When all was known to be applied for the last time.</param>
    /// <param name="stop">Ends it in order.</param>
    /// <exception cref="GodwitException">The source or the target broke off.</exception>
    public async Task<SessionEnd> RunAsync(long caughtUpAt, CancellationToken stop)
    {
        Volatile.Write(ref _caughtUpAt, caughtUpAt);
        HoldAllIfTheyMayStrike();
        using var enough = new CancellationTokenSource();
        using var broken = new CancellationTokenSource();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stop, broken.Token);
        using var readingOn = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, broken.Token);
        Task[] applying =
        [
            .. streams.SelectMany(stream => stream.Work()).Select(work => GuardAsync(() => work(broken.Token), broken)),
        ];
        Task[] reading =
        [
            .. streams.Select(stream =>
                GuardAsync(() => stream.ReadAsync(HoldAllIfTheyMayStrike, readingOn.Token), broken)
            ),
        ];
        var end = SessionEnd.Enough;
        Task? watch = null;
        try
        {
            watch = GuardAsync(async () => end = await WatchAsync(watching.Token).ConfigureAwait(false), broken);
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (end == SessionEnd.Enough && watch.IsCompletedSuccessfully)
                HasCaughtUp = await LookForTheLastTimeAsync(broken.Token).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (end == SessionEnd.Enough && _isCaughtUp && !broken.IsCancellationRequested)
                await ReleaseAsync(all: true, broken.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (broken.IsCancellationRequested)
        {
            // What broke off says so itself.
        }
        finally
        {
            foreach (var stream in streams)
                stream.Complete();
            await Task.WhenAll(applying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _over.TrySetResult();
        }

        // Of several that ended with an error, one that did not end because of another.
        Task[] all = [.. applying, .. reading, watch!];
        await (Array.Find(all, task => task.IsFaulted) ?? Task.WhenAll(all)).ConfigureAwait(false);
        options.Confirmed();
        return end;
    }

    /// <summary>All that the source had done was at the target when it ended.</summary>
    public bool HasCaughtUp { get; private set; }

    /// <summary>When all was known to be applied for the last time.</summary>
    public long CaughtUpAt => Volatile.Read(ref _caughtUpAt);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var stream in streams)
            await stream.DisposeAsync().ConfigureAwait(false);
        foreach (var fence in options.Fences)
            await fence.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Reads keys anew and writes what they are, each in order with the changes of the server that has it. From any thread.</summary>
    /// <returns>False if the session has ended before all were written.</returns>
    public async Task<bool> RereadAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = Task.WhenAll(streams.Select(stream => stream.RereadAsync(keys, enough.Token)));
        await Task.WhenAny(writing, _over.Task).ConfigureAwait(false);
        if (writing.IsCompletedSuccessfully)
            return true;

        await enough.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return writing.IsCompletedSuccessfully;
    }

    private static async Task GuardAsync(Func<Task> work, CancellationTokenSource broken)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch
        {
            await broken.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<SessionEnd> WatchAsync(CancellationToken cancellationToken)
    {
        var holding = new HoldRounds(streams, expiries, timeProvider);
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var releasing = Task.CompletedTask;
        var rounds = Task.CompletedTask;
        try
        {
            while (true)
            {
                await LookAsync(cancellationToken).ConfigureAwait(false);
                // Where slots move all the time, a sweep that each move broke off would never come to its end, and no change would pass.
                if (_map == MapState.Changed && streams.All(stream => !stream.IsSweeping))
                    return SessionEnd.MapChanged;
                if (await IsEnoughAsync(cancellationToken).ConfigureAwait(false))
                    return SessionEnd.Enough;

                HoldAllIfTheyMayStrike();
                await (releasing.IsFaulted ? releasing : Task.CompletedTask).ConfigureAwait(false);
                if (expiries.HoldsAll && AreSwept)
                    expiries.AllAreHeld();
                if (_isCaughtUp && releasing.IsCompleted && rounds.IsCompleted && AreSwept)
                {
                    await rounds.ConfigureAwait(false);
                    if (await holding.PlanAsync(cancellationToken).ConfigureAwait(false) && AreSwept)
                    {
                        if (expiries.HoldsAll)
                        {
                            expiries.HoldNear(holding.Window);
                            releasing = ReleaseAsync(all: false, cancellationToken);
                        }

                        rounds = holding.RunAsync(following.Token);
                    }
                }

                await Task.Delay(LookEvery, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Its user wants no more, or something broke off, which says so itself.
            return SessionEnd.Enough;
        }
        finally
        {
            // A release comes to its end by itself, rounds do not.
            await following.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(releasing, rounds).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool AreSwept => streams.All(stream => stream is { HasSweepDue: false, IsSweeping: false });

    // Far behind, or too long not looked at. From any thread.
    private void HoldAllIfTheyMayStrike()
    {
        lock (_holding)
        {
            var isFarBehind = !_isCaughtUp && timeProvider.GetElapsedTime(CaughtUpAt) > FarBehind;
            if (expiries.HoldsAll || !(isFarBehind || expiries.IsRunningOut))
                return;

            expiries.HoldsAll = true;
            foreach (var stream in streams)
                stream.SweepBeforeNext();
        }
    }

    // A key that moved while the servers were asked may have been in none of what they had done. So the map is asked for once more.
    private async ValueTask<bool> IsEnoughAsync(CancellationToken cancellationToken)
    {
        if (options.Until != Until.CaughtUp)
            return false;

        foreach (var fence in options.Fences)
        {
            if (!await fence.StepAsync(_isCaughtUp, cancellationToken).ConfigureAwait(false))
                return false;
        }

        if (!_isCaughtUp)
            return false;
        await LookAtMapAsync(cancellationToken).ConfigureAwait(false);
        return _map == MapState.Same;
    }

    // While changes are still read: a primary's stream goes on even where nobody writes. Whoever is far behind is not waited for.
    private async Task<bool> LookForTheLastTimeAsync(CancellationToken broken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(broken);
        enough.CancelAfter(LastPatience);
        try
        {
            // Right at the stop it may lack a moment: a look that takes long on a busy machine is no sign of being behind.
            var isNear = timeProvider.GetElapsedTime(CaughtUpAt) < LastPatience;
            do
            {
                await LookAsync(enough.Token).ConfigureAwait(false);
                if (_isCaughtUp)
                {
                    await LookAtMapAsync(enough.Token).ConfigureAwait(false);
                    return _map == MapState.Same;
                }

                await Task.Delay(LookEvery, timeProvider, enough.Token).ConfigureAwait(false);
            } while (isNear);
        }
        catch (Exception exception) when (exception is GodwitException or OperationCanceledException)
        {
            // Who does not say is not known to have been caught up with.
        }

        return false;
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        // What is known afterwards is true of this moment.
        var asked = timeProvider.GetTimestamp();
        await Task.WhenAll(streams.Select(stream => stream.LookAsync(cancellationToken))).ConfigureAwait(false);
        _isCaughtUp = _map == MapState.Same && streams.All(stream => stream.IsCaughtUp);
        if (_isCaughtUp)
            Volatile.Write(ref _caughtUpAt, asked);
        options.ReleaseSpools();
        if (timeProvider.GetElapsedTime(_confirmedAt) < ConfirmEvery)
            return;

        options.Confirmed();
        await LookAtMapAsync(cancellationToken).ConfigureAwait(false);
        _confirmedAt = timeProvider.GetTimestamp();
    }

    private async ValueTask LookAtMapAsync(CancellationToken cancellationToken)
    {
        if (options.LookAtMap is not { } look)
            return;

        try
        {
            _map = await look(cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionException)
        {
            // Nobody can be asked now: then nobody can say either that all is where it was.
            _map = MapState.Moving;
        }
    }

    private Task ReleaseAsync(bool all, CancellationToken cancellationToken) =>
        Task.WhenAll(releases.Select(release => release.RunAsync(all, cancellationToken)));
}
