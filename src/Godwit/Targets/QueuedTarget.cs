using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Godwit.Batches;

namespace Godwit.Targets;

/// <summary>
/// A target whose writers take batches from one queue, so that reading and writing go side by side and the source waits while
/// they are behind.
/// </summary>
/// <param name="capacity">Batches that wait at most, 1 and up.</param>
internal abstract class QueuedTarget(int capacity) : EntryTarget
{
    // Far below what any round of a source takes.
    private static readonly TimeSpan SettlingPause = TimeSpan.FromMilliseconds(10);

    private readonly Channel<EntryBatch> _batches = Channel.CreateBounded<EntryBatch>(
        new BoundedChannelOptions(capacity) { SingleWriter = true }
    );

    private readonly CancellationTokenSource _stop = new();
    private Task _writing = Task.CompletedTask;
    private ExceptionDispatchInfo? _firstFailure;

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
    public override async Task SettleAsync(Func<bool> isSettled, CancellationToken cancellationToken)
    {
        // An empty batch asks a writer that keeps settled entries back to bring them to their end.
        await WriteAsync(new EntryBatch(), cancellationToken).ConfigureAwait(false);
        while (!isSettled())
        {
            if (_writing.IsCompleted)
            {
                await FinishAsync().ConfigureAwait(false);
                throw new InvalidOperationException("the writers have ended, and entries are not settled");
            }

            await Task.WhenAny(_writing, Task.Delay(SettlingPause, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
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
        await DisposeWritersAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Sets the writers to work. Each takes batches, disposes them, and ends when there are no more.</summary>
    protected void Start(IEnumerable<Func<ChannelReader<EntryBatch>, CancellationToken, Task>> writers) =>
        _writing = Task.WhenAll(writers.Select(RunAsync));

    /// <summary>Closes what the writers have used. None of them runs any more.</summary>
    protected abstract ValueTask DisposeWritersAsync();

    // Throws what went wrong first; what went wrong after that is often its consequence.
    private async Task FinishAsync()
    {
        await _writing.ConfigureAwait(false);
        _firstFailure?.Throw();
    }

    // When one writer fails no further batch is taken, and the others write and settle what was taken. Never throws.
    private async Task RunAsync(Func<ChannelReader<EntryBatch>, CancellationToken, Task> writer)
    {
        try
        {
            await writer(_batches.Reader, _stop.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is thrown by whoever waits for the end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _firstFailure, ExceptionDispatchInfo.Capture(exception), null);
            _batches.Writer.TryComplete();
            while (_batches.Reader.TryRead(out var batch))
                batch.Dispose();
        }
    }
}
