using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Sources;

/// <summary>
/// Several sources, read side by side: as many at once as there are shares of the buffers, the others in their order as soon as
/// one has ended. Each source's batches come in that source's order. Owns the sources.
/// </summary>
/// <param name="sources">Two or more.</param>
/// <param name="shares">
/// A bound for the buffers of each source that is read at a time. Each has its own: what one source waits for then never
/// depends on another, so that they cannot hold each other up for good.
/// </param>
internal sealed class ManySources(IReadOnlyList<DeferredSource> sources, IReadOnlyList<BufferBudget> shares)
    : EntrySource
{
    private readonly List<DeferredSource> _again = [];
    private readonly int _atOnce = Math.Min(sources.Count, shares.Count);

    /// <summary>Keys to come from all together where that is known otherwise; null to add up what each expects.</summary>
    public long? ExpectedKeysInAll { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports => [.. sources.SelectMany(source => source.Reports)];

    /// <inheritdoc/>
    public override long BytesRead => sources.Sum(source => source.BytesRead);

    /// <inheritdoc/>
    public override long? ExpectedKeys => ExpectedKeysInAll ?? SumOrNull(source => source.ExpectedKeys);

    /// <inheritdoc/>
    public override long? ExpectedBytes => SumOrNull(source => source.ExpectedBytes);

    /// <summary>
    /// Opens those that are read first, all at once, so that a source which refuses us is known before the first write.
    /// </summary>
    /// <exception cref="GodwitException">One of them cannot be opened.</exception>
    public async Task OpenFirstAsync(CancellationToken cancellationToken)
    {
        var openings = Enumerable
            .Range(0, _atOnce)
            .Select(i => sources[i].OpenAsync(shares[i], cancellationToken))
            .ToArray();
        await Task.WhenAll(openings).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads all. Where one breaks off, the others are stopped and what they have given is handed out; then its error is thrown.
    /// </summary>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // One batch of each may wait: no source then stands still for another's sake while the target takes what comes.
        var merged = Channel.CreateBounded<EntryBatch>(new BoundedChannelOptions(_atOnce) { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = new Reading(merged.Writer, stop);
        var readers = ReadAllAsync(reading);
        try
        {
            // Not to be cancelled: the readers are, and what they gave before that is to be handed out.
            await foreach (var batch in merged.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                yield return batch;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await readers.ConfigureAwait(false);
            while (merged.Reader.TryRead(out var untaken))
                untaken.Dispose();
        }

        reading.Failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public override bool MayLookAgain => sources.Any(source => source.MayLookAgain);

    /// <inheritdoc/>
    public override async Task<bool> MustLookAgainAsync(CancellationToken cancellationToken)
    {
        _again.Clear();
        foreach (var source in sources)
        {
            if (await source.MustLookAgainAsync(cancellationToken).ConfigureAwait(false))
                _again.Add(source);
        }

        return _again.Count > 0;
    }

    // One after another: it is little, or its server was lost.
    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> LookAgainAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var source in _again)
        {
            await foreach (var batch in source.LookAgainAsync(cancellationToken).ConfigureAwait(false))
                yield return batch;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        foreach (var source in sources)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    // Never throws: see Reading.Failure.
    private async Task ReadAllAsync(Reading reading)
    {
        var readers = shares.Take(_atOnce).Select((share, i) => ReadInTurnAsync(reading, i, share)).ToArray();
        await Task.WhenAll(readers).ConfigureAwait(false);
        reading.Output.Complete();
    }

    private async Task ReadInTurnAsync(Reading reading, int first, BufferBudget share)
    {
        for (var i = first; i < sources.Count && !reading.IsStopped; i = reading.TakeTurn(_atOnce))
        {
            try
            {
                await sources[i].OpenAsync(share, reading.Stop).ConfigureAwait(false);
                await ReadAsync(sources[i], reading).ConfigureAwait(false);

                // Its buffers are the next one's, and its server need not keep anything for us.
                await sources[i].EndReadingAsync().ConfigureAwait(false);
            }
            catch (Exception exception)
                when (reading.IsStopped && (exception is OperationCanceledException or GodwitException))
            {
                // It was stopped for another's sake, or its user's.
                return;
            }
#pragma warning disable CA1031 // It is thrown once all readers have ended.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                await reading.FailAsync(Named(exception, sources[i])).ConfigureAwait(false);
            }
        }
    }

    private static async Task ReadAsync(DeferredSource source, Reading reading)
    {
        await foreach (var batch in source.ReadAsync(reading.Stop).ConfigureAwait(false))
        {
            try
            {
                await reading.Output.WriteAsync(batch, reading.Stop).ConfigureAwait(false);
            }
            catch
            {
                batch.Dispose();
                throw;
            }
        }
    }

    // Of one source nobody need ask which one it was. That too many keys have failed is no source's doing.
    private static Exception Named(Exception exception, DeferredSource source) =>
        exception is GodwitException cause and not TooManyErrorsException
        && !source.Reports.Any(report => cause.Message.Contains(report.Uri, StringComparison.Ordinal))
            ? new SourceFailedException(source.Name, cause)
            : exception;

    private long? SumOrNull(Func<EntrySource, long?> figure) =>
        sources.Aggregate((long?)0, (sum, source) => sum + figure(source));

    /// <summary>What the readers share.</summary>
    private sealed class Reading(ChannelWriter<EntryBatch> output, CancellationTokenSource stop)
    {
        private int _turns;
        private ExceptionDispatchInfo? _failure;

        public ChannelWriter<EntryBatch> Output => output;

        public CancellationToken Stop => stop.Token;

        public bool IsStopped => stop.IsCancellationRequested;

        // Of several the first: the others are often its consequence.
        public ExceptionDispatchInfo? Failure => _failure;

        public int TakeTurn(int after) => after + Interlocked.Increment(ref _turns) - 1;

        public Task FailAsync(Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            return stop.CancelAsync();
        }
    }
}
