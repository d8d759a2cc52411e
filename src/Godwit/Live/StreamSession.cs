using System.Threading.Channels;
using Godwit.Live.Changes;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Live.Rereading;
using Godwit.Live.Routing;

namespace Godwit.Live;

/// <summary>
/// Follows the changes of one server: reads them, gives each lane its part, and measures how far behind it is. Owns the lanes and what
/// reads the server.
/// </summary>
internal sealed class StreamSession : IAsyncDisposable
{
    // Enough that a lane always finds the next batch; what waits longer waits in the spool.
    private const int BatchesWaiting = 2;

    private const long Unknown = -1;

    // While clients write, the changes of the last milliseconds are on their way whenever one looks.
    private static readonly TimeSpan OnTheirWay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(5);

    private readonly IAsyncEnumerable<ChangeBatch> _changes;
    private readonly ChangeRouter _router;
    private readonly IReadOnlyList<ChangeLane> _lanes;
    private readonly IChangeStream _history;
    private readonly KeyRereader _watch;
    private readonly StreamSweeps _sweeps;
    private readonly ExpiryHold _expiries;
    private readonly IReadOnlyList<IAsyncDisposable> _owned;
    private readonly TimeProvider _timeProvider;
    private readonly Channel<LaneWork>[] _works;
    private long _received;
    private long _sourceOffset = Unknown;
    private int _sweepIsDue;
    private volatile bool _isSweeping = true;
    private volatile bool _isCaughtUp;

    /// <summary>Creates a session that does nothing yet.</summary>
    /// <param name="changes">The server's changes.</param>
    /// <param name="history">Where they come from.</param>
    /// <param name="router">Decides what becomes of each.</param>
    /// <param name="lanes">A lane for each server of the target.</param>
    /// <param name="watch">Asks the server how far it is.</param>
    /// <param name="sweeps">What is to be looked for beside the changes.</param>
    /// <param name="expiries">Keeps keys from dying at the target.</param>
    /// <param name="owned">What is disposed of with it.</param>
    /// <param name="timeProvider">The clock.</param>
    public StreamSession(
        IAsyncEnumerable<ChangeBatch> changes,
        IChangeStream history,
        ChangeRouter router,
        IReadOnlyList<ChangeLane> lanes,
        KeyRereader watch,
        StreamSweeps sweeps,
        ExpiryHold expiries,
        IReadOnlyList<IAsyncDisposable> owned,
        TimeProvider timeProvider
    )
    {
        (_changes, _history, _router, _lanes) = (changes, history, router, lanes);
        (_watch, _sweeps, _expiries, _owned) = (watch, sweeps, expiries, owned);
        _timeProvider = timeProvider;
        _works = [.. lanes.Select(_ => Channel.CreateBounded<LaneWork>(BatchesWaiting))];
    }

    /// <summary>The lanes.</summary>
    public IReadOnlyList<ChangeLane> Lanes => _lanes;

    /// <summary>What each lane is given to do.</summary>
    public IReadOnlyList<ChannelWriter<LaneWork>> Works => [.. _works.Select(work => work.Writer)];

    /// <summary>Changes that have come. Safe to read from any thread, as all that follows.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>All changes up to this offset are at the target.</summary>
    public long Applied => _lanes.Min(lane => lane.Applied);

    /// <summary>All that the server had done when it was asked last was at the target a moment later.</summary>
    public bool IsCaughtUp => _isCaughtUp;

    /// <summary>It is looked for what died at the target, before the next change is applied.</summary>
    public bool IsSweeping => _isSweeping;

    /// <summary>It is to be looked for that, and no change has come since.</summary>
    public bool HasSweepDue => Volatile.Read(ref _sweepIsDue) != 0;

    /// <summary>Bytes that the server was ahead when it was asked last; null if it did not say.</summary>
    public long? LagBytes =>
        Volatile.Read(ref _sourceOffset) is var offset and >= 0 ? Math.Max(0, offset - Applied) : null;

    /// <summary>Keys that were changed in slots that are none of the server's. To be asked when it has ended.</summary>
    public ForeignKeys Foreign => _router.Foreign;

    /// <summary>Has a lane do what it is given, until <see cref="Complete"/>.</summary>
    public IEnumerable<Func<CancellationToken, Task>> Work() =>
        _lanes.Select(
            Func<CancellationToken, Task> (lane, index) => token => lane.RunAsync(_works[index].Reader, token)
        );

    /// <summary>Reads until it is told to end. What came by then is given to the lanes.</summary>
    /// <param name="beforeEach">
    /// Called before each batch: where the whole program was held up, this is the first that it does, and keys may have died at the target.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ReadAsync(Action beforeEach, CancellationToken cancellationToken)
    {
        try
        {
            await GiveAsync(_sweeps.FirstAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            _router.DeathsThrough = _sweeps.DeathsThrough;
            _isSweeping = false;
            await foreach (var batch in _changes.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                Interlocked.Add(ref _received, batch.Count);
                var moment = _expiries.Now;
                beforeEach();
                if (HasSweepDue)
                {
                    _isSweeping = true;
                    Interlocked.Exchange(ref _sweepIsDue, 0);
                    await GiveAsync(_sweeps.MissingAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
                    _router.DeathsThrough = _sweeps.DeathsThrough;
                    _isSweeping = false;
                    moment = _expiries.Now;
                }

                await RouteAsync(batch, moment, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What came is applied; the source still has the rest.
        }
    }

    /// <summary>
    /// Keys may have died at the target by an expiry that the source has renewed in the meantime. They are there again before the
    /// next change is applied.
    /// </summary>
    public void SweepBeforeNext() => Interlocked.Exchange(ref _sweepIsDue, 1);

    /// <summary>
    /// Asks how far the server is, and waits a moment for that to be at the target. Asked first and compared afterwards: so it is true that
    /// all which it had done when it was asked is at the target.
    /// </summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        // A server that has begun another history, or goes on from another place, counts anew: until it is joined nobody knows how far.
        var position = await _watch.PositionAsync(cancellationToken).ConfigureAwait(false);
        var asked = position is { } found && found.ReplicationId == _history.ReplicationId ? found.Offset : (long?)null;
        Volatile.Write(ref _sourceOffset, asked ?? Unknown);
        var since = _timeProvider.GetTimestamp();
        while (asked > Applied && _timeProvider.GetElapsedTime(since) < OnTheirWay)
            await Task.Delay(LookAgainAfter, _timeProvider, cancellationToken).ConfigureAwait(false);
        _isCaughtUp = asked is { } offset && Applied >= offset && _sweeps.IsDone;
    }

    /// <summary>Holds those of the server's keys at the target that will expire soon, between its changes.</summary>
    /// <param name="pace">Waits after so many keys; false where that is enough.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task HoldNearAsync(Func<int, CancellationToken, Task<bool>> pace, CancellationToken cancellationToken) =>
        GiveAsync(_sweeps.HoldNearAsync(pace, cancellationToken), cancellationToken);

    /// <summary>How many keys the server has, and how many of them expire; null if it does not say.</summary>
    public Task<(long Keys, long Expire)?> CountKeysAsync(CancellationToken cancellationToken) =>
        _sweeps.CountAsync(cancellationToken);

    /// <summary>Reads those of the keys anew that are the server's, between two of its changes. From any thread; ends when they are written.</summary>
    /// <exception cref="ChannelClosedException">Nothing is taken up any more.</exception>
    public async Task RereadAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken)
    {
        (int Lane, LaneReread Work)[] parts = [.. _sweeps.Of(keys)];
        foreach (var (lane, work) in parts)
            await _works[lane].Writer.WriteAsync(work, cancellationToken).ConfigureAwait(false);
        foreach (var (_, work) in parts)
            await work.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>No more comes.</summary>
    public void Complete()
    {
        foreach (var work in _works)
            work.Writer.TryComplete();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Complete();
        foreach (var work in _works)
        {
            while (work.Reader.TryRead(out var left))
                (left as IDisposable)?.Dispose();
        }

        foreach (var lane in _lanes)
            await lane.DisposeAsync().ConfigureAwait(false);
        foreach (var owned in _owned)
            await owned.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RouteAsync(ChangeBatch batch, long moment, CancellationToken cancellationToken)
    {
        try
        {
            await GiveAsync(Route(), cancellationToken).ConfigureAwait(false);
        }
        catch (ChangeRefusedException refused)
        {
            // All before it is to be at the target when this is told.
            if (batch.CutBefore(refused.Offset))
                await GiveAsync(Route(), cancellationToken).ConfigureAwait(false);
            else
                batch.Dispose();
            var ends = _works.Select(_ => new LaneErrand((_, _) => Task.CompletedTask)).ToArray();
            await GiveAsync(ends, cancellationToken).ConfigureAwait(false);
            foreach (var end in ends)
                await end.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }

        LaneBatch[] Route() => [.. _router.Route(batch).Select(part => part with { ReadAt = moment })];
    }

    private async Task GiveAsync(IReadOnlyList<LaneWork> works, CancellationToken cancellationToken)
    {
        for (var lane = 0; lane < works.Count; lane++)
            await _works[lane].Writer.WriteAsync(works[lane], cancellationToken).ConfigureAwait(false);
    }

    private async Task GiveAsync(IAsyncEnumerable<(int Lane, LaneWork Work)> found, CancellationToken cancellationToken)
    {
        await foreach (var (lane, work) in found.ConfigureAwait(false))
            await _works[lane].Writer.WriteAsync(work, cancellationToken).ConfigureAwait(false);
    }
}
