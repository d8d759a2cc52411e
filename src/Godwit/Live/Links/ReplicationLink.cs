using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Spooling;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Sources.Sync;

namespace Godwit.Live.Links;

/// <summary>
/// Follows a source as its replicas do, through lost connections, restarts and failovers: it takes all that the source sends
/// into a spool, at the source's own speed, and joins again where it was when the connection is lost.
/// </summary>
/// <remarks>
/// <para>
/// The source never waits for a reader here: what is not read yet lies in the spool. So limits on how fast a source may be read
/// do not hold this stream back; they would only move the bytes into the source's own memory.
/// </para>
/// <para>
/// What is acknowledged to the source is what the spool has taken, not what a target has: <c>WAIT</c> at the source counts us
/// among its replicas.
/// </para>
/// </remarks>
internal sealed class ReplicationLink : IAsyncDisposable
{
    private readonly Func<CancellationToken, ValueTask<RedisEndpoint>> _locate;
    private readonly SpoolDirectory? _directory;
    private readonly ReplicationLinkOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly IMigrationLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<LinkGeneration> _generations = [];
    private TaskCompletionSource _changed = NewSignal();
    private Task? _running;
    private Exception? _failure;
    private ReplicaSession? _session;
    private LinkPhase _phase;
    private RedisEndpoint? _endpoint;
    private int _joins;
    private string? _lastError;
    private volatile bool _omitsData;

    /// <summary>Creates a link that does nothing yet.</summary>
    /// <param name="locate">Says who is the primary now; asked before each try.</param>
    /// <param name="directory">Where the spool's files go; null: memory alone.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="log">Gets a line when the source is joined or lost.</param>
    public ReplicationLink(
        Func<CancellationToken, ValueTask<RedisEndpoint>> locate,
        SpoolDirectory? directory,
        ReplicationLinkOptions options,
        TimeProvider timeProvider,
        IMigrationLog log
    )
    {
        _locate = locate;
        _directory = directory;
        _options = options;
        _timeProvider = timeProvider;
        _log = log;
    }

    /// <summary>How it stands now. From any thread.</summary>
    public LinkStatus Status
    {
        get
        {
            lock (_lock)
            {
                var generation = _generations.LastOrDefault();
                return new LinkStatus(
                    _phase == LinkPhase.Snapshot && _session is { IsStreaming: true } ? LinkPhase.Streaming : _phase,
                    _endpoint?.ToString(),
                    _joins,
                    generation?.Number ?? 0,
                    generation?.TakenOffset ?? 0,
                    (generation?.Bytes.Unread ?? 0) + (generation?.Snapshot?.Unread ?? 0),
                    _generations.Sum(each => each.Bytes.BytesOnDisk + (each.Snapshot?.BytesOnDisk ?? 0)),
                    generation?.Bytes.HeldBack ?? generation?.Snapshot?.HeldBack,
                    _lastError
                )
                {
                    BytesInMemory = _generations.Sum(each =>
                        each.Bytes.BytesInMemory + (each.Snapshot?.BytesInMemory ?? 0)
                    ),
                };
            }
        }
    }

    /// <summary>Nothing of a snapshot is wanted but what follows it. From any thread; it counts from the next try to join on.</summary>
    public bool OmitsData
    {
        get => _omitsData;
        set => _omitsData = value;
    }

    /// <summary>Begins. Once.</summary>
    /// <param name="from">From where the changes are wanted, if the source still has them; null: with a snapshot.</param>
    public void Start(StreamPosition? from) => _running = RunAsync(from);

    /// <summary>
    /// The generation behind one: waits until the source has let us join and said with what it begins. The one before is
    /// disposed of; nobody may read it any more.
    /// </summary>
    /// <param name="previous">The one that has been superseded; null for the first.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="GodwitException">The source cannot be followed: the error says why.</exception>
    public async Task<LinkGeneration> NextGenerationAsync(LinkGeneration? previous, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_generations.LastOrDefault() is { } newest && newest.Number > (previous?.Number ?? 0))
                {
                    foreach (var old in _generations[..^1])
                        old.Dispose();
                    _generations.RemoveRange(0, _generations.Count - 1);
                    return newest;
                }

                if (_failure is not null)
                    throw _failure;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves the source. Nobody may read a generation any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
            await _running.ConfigureAwait(false);
        foreach (var generation in _generations)
            generation.Dispose();
        _stop.Dispose();
    }

    /// <summary>The newest generation; null before the first.</summary>
    public LinkGeneration? Newest
    {
        get
        {
            lock (_lock)
                return _generations.LastOrDefault();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync(StreamPosition? from)
    {
        try
        {
            await JoinForeverAsync(from).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Whoever reads hears of it: a link has no other end.
            lock (_lock)
            {
                _failure = exception;
                _phase = LinkPhase.Ended;
                _generations.LastOrDefault()?.Fail(exception);
            }

            Signal();
        }
    }

    private async Task JoinForeverAsync(StreamPosition? from)
    {
        var delay = _options.FirstRetry;
        while (true)
        {
            var taken = Progress();
            try
            {
                await JoinAsync(from).ConfigureAwait(false);
            }
            catch (GodwitException exception) when (IsWorthAnotherTry(exception))
            {
                // One that never was there will hardly come back: its user has to hear of it now.
                if (_joins == 0 && exception is ConnectionException)
                    throw;
                Lost(exception);
            }

            delay = Progress() > taken ? _options.FirstRetry : delay;
            await Task.Delay(delay, _timeProvider, _stop.Token).ConfigureAwait(false);
            delay = delay * 2 < _options.LongestRetry ? delay * 2 : _options.LongestRetry;
        }
    }

    // A new snapshot alone is no progress: a source that cannot send it to the end is not to be asked for it without a pause.
    private long Progress() => Newest is { RejoinFrom: not null } newest ? newest.TakenOffset : -1;

    private static bool IsWorthAnotherTry(GodwitException exception) =>
        exception switch
        {
            ConnectionException connection => connection.IsTransient,
            ServerErrorException => true,
            ProtocolException => true,
            _ => false,
        };

    private async Task JoinAsync(StreamPosition? from)
    {
        var endpoint = await _locate(_stop.Token).ConfigureAwait(false);
        lock (_lock)
            (_phase, _endpoint) = (LinkPhase.Joining, endpoint);
        var connection = await RedisConnection
            .ConnectAsync(endpoint with { Database = null }, _options.Connection, _timeProvider, _stop.Token)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var current = Newest;
        var place = current is null ? from : current.RejoinFrom;
        var answer = await ReplicaHandshake.JoinAsync(connection, place, OmitsData, _stop.Token).ConfigureAwait(false);
        var generation = answer.IsContinuation && current is not null ? current : Begin(answer);
        Joined(endpoint, answer, generation);

        SnapshotFrame? frame = null;
        if (!answer.IsContinuation)
            frame = await ReplicaHandshake.ReadFrameAsync(connection, _stop.Token).ConfigureAwait(false);

        var session = new ReplicaSession(connection, generation, _options.AcknowledgeInterval, _timeProvider);
        lock (_lock)
            (_phase, _session) = (LinkPhase.Snapshot, session);
        await session.RunAsync(frame, _stop.Token).ConfigureAwait(false);
    }

    private LinkGeneration Begin(JoinAnswer answer)
    {
        LinkGeneration generation;
        lock (_lock)
        {
            var previous = _generations.LastOrDefault();
            generation = new LinkGeneration(
                (previous?.Number ?? 0) + 1,
                answer.ReplicationId,
                answer.Offset,
                hasSnapshot: !answer.IsContinuation,
                _directory,
                _options,
                _timeProvider
            );
            previous?.Fail(new LinkSupersededException());
            _generations.Add(generation);
        }

        return generation;
    }

    private void Joined(RedisEndpoint endpoint, JoinAnswer answer, LinkGeneration generation)
    {
        generation.Rename(answer.ReplicationId);
        lock (_lock)
        {
            _joins++;
            _phase = answer.IsContinuation ? LinkPhase.Streaming : LinkPhase.Preparing;
        }

        Signal();
        _log.Info(
            answer.IsContinuation
                ? $"Following the changes of {endpoint} from where they were left."
                : $"Reading {endpoint} as a replica (PSYNC): a snapshot, and every change behind it."
        );
    }

    private void Lost(GodwitException exception)
    {
        lock (_lock)
            (_phase, _lastError, _session) = (LinkPhase.Joining, exception.Message, null);
        _log.Warn($"{exception.Message}. Joining again.");
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_lock)
            (changed, _changed) = (_changed, NewSignal());
        changed.SetResult();
    }
}
