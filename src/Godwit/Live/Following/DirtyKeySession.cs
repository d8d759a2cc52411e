using System.Threading.Channels;
using Godwit.Live.Following.Feeds;
using Godwit.Protocol;
using Godwit.Sources.Shards;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Live.Following;

/// <summary>
/// Follows a source by the names of the keys that change: hears them, reads those keys again, writes what they are, and measures
/// how far behind it is. It begins with a doubt about everything, which the first copy settles.
/// </summary>
internal sealed class DirtyKeySession(
    FollowingEnds ends,
    DirtyKeys keys,
    SourceFeeds feeds,
    KeyCopier copier,
    TargetWatch targetWatch,
    ReleaseWalk releases,
    DirtyKeySettings settings
)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    // Longer than a failover takes.
    private static readonly TimeSpan PatienceWithTarget = TimeSpan.FromSeconds(60);

    // From here on an expiry might strike before a change that renews the key is passed on.
    private static readonly TimeSpan FarBehind = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _looked = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private volatile Look? _look;
    private volatile bool _isCaughtUp;
    private long _caughtUpAt;
    private int _epoch;
    private int _functions;
    private int _targetLosses;
    private long? _awaySince;

    /// <summary>How it stands. May be read from any thread.</summary>
    public LiveCounts Counts
    {
        get
        {
            var (isCaughtUp, behind) = (IsCaughtUp, Behind);
            return new LiveCounts(
                keys.Told,
                copier.Applied,
                Repaired: 0,
                LagBytes: null,
                isCaughtUp ? TimeSpan.Zero : behind,
                isCaughtUp
            );
        }
    }

    // A source that answers no more may have gone on: what it said long ago is no measure.
    private bool IsCaughtUp => _isCaughtUp && Behind < CountEvery + FarBehind;

    private TimeSpan Behind => ends.TimeProvider.GetElapsedTime(Volatile.Read(ref _caughtUpAt));

    /// <summary>Follows until it has caught up, where that is what its user wants, or is told to stop.</summary>
    /// <param name="stop">Ends it in order.</param>
    /// <exception cref="GodwitException">The source or the target broke off for good.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        Volatile.Write(ref _caughtUpAt, ends.TimeProvider.GetTimestamp());
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var work = WorkAsync(over.Token);
        Task[] all = [work, feeds.RunAsync(over.Token), WatchAsync(over.Token)];
        var first = await Task.WhenAny(all).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await releases.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.IsFaulted)
            await first.ConfigureAwait(false);

        // Nothing more will be told: what is held would stay so.
        if (IsCaughtUp)
            await ReleaseAllAsync().ConfigureAwait(false);
        if (!work.IsCanceled)
            await work.ConfigureAwait(false);
    }

    private async Task ReleaseAllAsync()
    {
        await releases.AllAsync().ConfigureAwait(false);
        if (_targetLosses != copier.TargetLosses + targetWatch.Losses)
        {
            throw new FollowRefusedException(
                "The target has restarted or failed over in the last moment, and may lack what it had taken",
                "Go on with the job: --resume compares everything."
            );
        }
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = keys.Changed;
            if (await SettleDoubtAsync(cancellationToken).ConfigureAwait(false))
                continue;
            await releases.TryStepAsync(cancellationToken).ConfigureAwait(false);
            if (_functions != feeds.Functions)
                await CopyFunctionsAsync(cancellationToken).ConfigureAwait(false);

            var round = keys.Take(copier.RoundLength);
            if (round.Length > 0)
                await ReadingStreamsAsync(() => copier.CopyAsync(round, cancellationToken)).ConfigureAwait(false);
            if (_targetLosses != copier.TargetLosses + targetWatch.Losses)
            {
                _targetLosses = copier.TargetLosses + targetWatch.Losses;
                keys.Raise(
                    Doubt.Anything,
                    "the target has restarted or failed over, and may have lost what it had taken"
                );
            }

            Judge(cancellationToken);
            if (_isCaughtUp && settings.Until == Until.CaughtUp)
                return;
            if (releases.Running.IsFaulted)
                await releases.Running.ConfigureAwait(false);
            if (round.Length == 0 && !releases.HasStep)
                await WaitAsync(changed, cancellationToken).ConfigureAwait(false);
        }
    }

    // A stream that was on its way when its groups changed was not known to be one yet.
    private async Task ReadingStreamsAsync(Func<Task> readAsync)
    {
        var news = ends.Streams.News;
        await readAsync().ConfigureAwait(false);
        if (news == ends.Streams.News)
            return;

        ends.Streams.MarkAll(keys);
        _epoch++;
    }

    private async Task CopyFunctionsAsync(CancellationToken cancellationToken)
    {
        var functions = feeds.Functions;
        await copier.CopyFunctionsAsync(settings.TargetWasEmpty, cancellationToken).ConfigureAwait(false);
        _functions = functions;
    }

    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        var looked = _looked.Reader.WaitToReadAsync(cancellationToken).AsTask();
        await Task.WhenAny(changed, looked, releases.StepAsync(cancellationToken)).ConfigureAwait(false);
        _looked.Reader.TryRead(out _);
    }

    private async Task<bool> SettleDoubtAsync(CancellationToken cancellationToken)
    {
        var doubt = keys.TakeDoubt(out var why);
        if (doubt == Doubt.None)
            return false;

        _isCaughtUp = false;
        var isFirst = _epoch == 0 && !settings.IsResumed;
        if (!isFirst)
            ends.Log.Info($"Comparing all keys: {why}.");
        if (doubt == Doubt.Deletions && !settings.TargetWasEmpty)
        {
            throw new FollowRefusedException(
                $"A flush at the source is not passed on ({why}): the target held keys of its own when the job began",
                "Do at the target what the source did, forget the job (godwit status --forget), and copy anew with --on-existing replace."
            );
        }

        try
        {
            if (doubt == Doubt.Anything)
            {
                ends.Expiries.HoldsAll = true;
                settings.Phase("copying");

                // Whoever is in charge by now is asked from here on.
                await copier.DisposeAsync().ConfigureAwait(false);
                await ReadingStreamsAsync(() => settings.CopyAllAsync(cancellationToken)).ConfigureAwait(false);
            }

            // What goes while the first copy is made is told.
            if (!isFirst)
            {
                await DeleteVanishedAsync(cancellationToken).ConfigureAwait(false);
                await CopyFunctionsAsync(cancellationToken).ConfigureAwait(false);
            }

            _awaySince = null;
        }
        catch (GodwitException exception) when (MayTryAgain(exception))
        {
            keys.Raise(doubt, $"that was not brought to its end: {exception.Message}");
            await Task.Delay(RetryEvery, ends.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        // What was asked before this says nothing about what this has found.
        _epoch++;
        settings.Phase("following");
        return true;
    }

    // A source that is away has no changes either. A target is waited for as long as a failover may take.
    private bool MayTryAgain(GodwitException exception)
    {
        if (exception is UnsettledSourceException or SettledKeysLostException || ends.IsOfSource(exception))
            return true;
        if (!Passing.IsOf(exception) || !ends.Ends.Target.Topology.CanFailOver)
            return false;

        _awaySince ??= ends.TimeProvider.GetTimestamp();
        return ends.TimeProvider.GetElapsedTime(_awaySince.Value) < PatienceWithTarget;
    }

    private async Task DeleteVanishedAsync(CancellationToken cancellationToken)
    {
        if (!settings.TargetWasEmpty)
        {
            ends.Log.Warn(
                "Keys that the source has deleted without our hearing of it stay at the target, which held keys of its own."
            );
            return;
        }

        settings.Phase("comparing");
        var moves = targetWatch.Moves;
        var found = new VanishedNames(ends).FindAsync(cancellationToken);
        await foreach (var names in found.ConfigureAwait(false))
            await copier.CopyAsync(names, cancellationToken).ConfigureAwait(false);

        // The regular look may be a second old, and what moved since may have been looked for where it was not yet, or not any more.
        var isSeen = await targetWatch.LookNowAsync(cancellationToken).ConfigureAwait(false);
        if (isSeen && moves == targetWatch.Moves)
            return;

        keys.Raise(
            Doubt.Deletions,
            isSeen
                ? "slots of the target moved meanwhile, and keys with them"
                : "a server of the target did not say whether slots moved meanwhile"
        );
        await Task.Delay(RetryEvery, ends.TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    // Asked first and compared afterwards: so it is true that all which the source had done is at the target.
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        long? countedAt = null;
        var news = ends.Streams.News;
        while (true)
        {
            var (epoch, asked) = (Volatile.Read(ref _epoch), ends.TimeProvider.GetTimestamp());
            var isTold = await feeds.FenceAsync(cancellationToken).ConfigureAwait(false);

            // Only what is seen of both may be called so; in between a look that is a second old has to do.
            // Nor is a source to be asked for all its streams ten times a second.
            var isCountDue =
                countedAt is null
                || (keys.IsDoneUpTo(long.MaxValue) && news == ends.Streams.News)
                || ends.TimeProvider.GetElapsedTime(countedAt.Value) > CountEvery;
            if (isTold && isCountDue)
            {
                news = ends.Streams.News;
                isTold = await feeds.LookAsync(cancellationToken).ConfigureAwait(false);
                countedAt = asked;
            }

            _look =
                isTold && isCountDue ? new Look(epoch, keys.Added, feeds.Functions, asked)
                : isTold ? _look
                : null;
            _looked.Writer.TryWrite(true);
            await targetWatch.LookAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(LookEvery, ends.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Judge(CancellationToken cancellationToken)
    {
        var look = _look;
        var isDone =
            look is not null && look.Epoch == _epoch && look.Functions == _functions && keys.IsDoneUpTo(look.Added);
        if (isDone)
            Volatile.Write(ref _caughtUpAt, Math.Max(_caughtUpAt, look!.Asked));

        _isCaughtUp = isDone && Behind < CountEvery + FarBehind;
        if (_isCaughtUp)
        {
            releases.BeginIfDue(cancellationToken);
        }
        else if (Behind > FarBehind)
        {
            ends.Expiries.HoldsAll = true;
        }
    }

    /// <summary>The source was asked, and all that it had done by then had been told.</summary>
    /// <param name="Epoch">How many doubts had been settled when it was asked.</param>
    /// <param name="Added">Where the set stood when it had answered.</param>
    /// <param name="Functions">How often function libraries had changed.</param>
    /// <param name="Asked">When it was asked.</param>
    private sealed record Look(int Epoch, long Added, int Functions, long Asked);
}
