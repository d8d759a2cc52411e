using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Targets.Redis;

/// <summary>A server that keys are written to, over one or several connections. It owns them.</summary>
internal sealed class RedisTarget : EntryTarget
{
    private readonly RedisEndpoint _endpoint;
    private readonly RedisTargetOptions _options;
    private readonly TargetProfile _profile;
    private readonly List<RedisWriter> _writers = [];
    private readonly ControlConnection _control;
    private readonly DuplicateCheck? _duplicates;
    private readonly Channel<EntryBatch> _batches;
    private readonly CancellationTokenSource _stop = new();
    private Task _writing = Task.CompletedTask;
    private ExceptionDispatchInfo? _firstFailure;

    private RedisTarget(
        RedisEndpoint endpoint,
        RedisTargetOptions options,
        TargetProfile profile,
        ControlConnection control
    )
    {
        _endpoint = endpoint;
        _options = options;
        _profile = profile;
        _control = control;
        _duplicates = options.SourceMayRepeat
            ? new DuplicateCheck(control, profile.Restore, database => options.Database ?? database)
            : null;
        _batches = Channel.CreateBounded<EntryBatch>(
            new BoundedChannelOptions(options.Connections) { SingleWriter = true }
        );
    }

    /// <inheritdoc/>
    public override TargetReport Report =>
        new(_endpoint.ToString(), _profile.Server, _options.Ways.Describe(_options.Write));

    /// <inheritdoc/>
    public override long BytesWritten => _writers.Sum(writer => writer.BytesWritten);

    /// <summary>Opens the connections for writing. Nothing is written yet.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="options">What the user chose.</param>
    /// <param name="profile">What the server can do.</param>
    /// <param name="control">Asks single questions; the target owns it from here on.</param>
    /// <param name="ledger">Takes the outcome of each entry.</param>
    /// <param name="timeProvider">Tells which keys have expired.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectionException">A connection could not be made.</exception>
    public static async Task<RedisTarget> OpenAsync(
        RedisEndpoint endpoint,
        RedisTargetOptions options,
        TargetProfile profile,
        ControlConnection control,
        Ledger ledger,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var target = new RedisTarget(endpoint, options, profile, control);
        try
        {
            for (var i = 0; i < options.Connections; i++)
            {
                var connection = await RedisConnection
                    .ConnectAsync(endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                target._writers.Add(
                    new RedisWriter(
                        connection,
                        control,
                        new BatchEncoder(options, profile, ledger, timeProvider, endpoint.Database ?? 0),
                        new ReplySettler(endpoint, options.OnExisting, ledger, target._duplicates)
                    )
                );
            }
        }
        catch
        {
            await target.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        target._writing = Task.WhenAll(target._writers.Select(target.RunAsync));
        return target;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await _batches.Writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            batch.Dispose();
            await FinishAsync().ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException)
        {
            batch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        _batches.Writer.TryComplete();
        await FinishAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _batches.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        while (_batches.Reader.TryRead(out var batch))
            batch.Dispose();
        foreach (var writer in _writers)
            await writer.DisposeAsync().ConfigureAwait(false);
        await _control.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    // Throws what went wrong first; what went wrong after that is often its consequence.
    private async Task FinishAsync()
    {
        await _writing.ConfigureAwait(false);
        _firstFailure?.Throw();
    }

    // When one connection fails no further batch is taken, and the others write and settle what was taken. Never throws.
    private async Task RunAsync(RedisWriter writer)
    {
        try
        {
            await writer.RunAsync(_batches.Reader, _stop.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is thrown by whoever waits for the end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _firstFailure, ExceptionDispatchInfo.Capture(exception), null);
            _batches.Writer.TryComplete();
        }
    }
}
