using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol;

namespace Godwit.Targets.Redis;

/// <summary>
/// One connection to the target. One half encodes batches and sends them without waiting; the other reads a reply for each
/// command and settles the entries. Owns the connection.
/// </summary>
internal sealed class RedisWriter(
    RedisConnection connection,
    ControlConnection control,
    BatchEncoder encoder,
    ReplySettler settler
) : IAsyncDisposable
{
    // Enough for a server to always have the next commands at hand while replies travel, and no more: what is on the way is
    // memory of ours.
    private const int BatchesOnTheWay = 4;

    // One write to the socket carries about this much.
    private const int FlushAt = 64 * 1024;

    private Channel<PendingBatch> _pending = NewQueue();
    private Func<EntryBatch, Fates>? _fatesOf;

    /// <summary>Bytes that went to the server. Safe to read from any thread.</summary>
    public long BytesWritten => connection.Output.BytesWritten;

    /// <summary>
    /// Writes batches until there are no more and every reply is in. Disposes each batch. Where the target refuses, no further
    /// batch is taken, but what was sent is settled to its end.
    /// </summary>
    /// <exception cref="GodwitException">The target refused, or the connection was lost.</exception>
    public Task RunAsync(ChannelReader<EntryBatch> batches, CancellationToken cancellationToken) =>
        RunAsync(batches, fatesOf: null, cancellationToken);

    /// <summary>As above, but may be run again and again, and what was written is left to the caller to be settled.</summary>
    /// <param name="batches">What to write.</param>
    /// <param name="fatesOf">Where to note what became of a batch's entries; null to settle them by their replies.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        ChannelReader<EntryBatch> batches,
        Func<EntryBatch, Fates>? fatesOf,
        CancellationToken cancellationToken
    )
    {
        _fatesOf = fatesOf;
        _pending = NewQueue();
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(broken.Token);
        var sending = SendAsync(batches, enough.Token, broken.Token);
        var settling = SettleAsync(enough, broken);
        try
        {
            await Task.WhenAll(sending, settling).ConfigureAwait(false);
            connection.Settle();
        }
        catch (Exception) when (settler.Refusal is not null)
        {
            // What the server said of itself says more than how the connection ended.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // One half was stopped because of the other: that one's error is the cause.
            await (sending.IsFaulted ? sending : settling).ConfigureAwait(false);
            throw;
        }
        finally
        {
            while (_pending.Reader.TryRead(out var pending))
                pending.Dispose();
        }

        settler.Refusal?.Throw();
    }

    /// <summary>The connection for questions is for this writer alone, and goes with it.</summary>
    public bool OwnsControl { get; init; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        encoder.Dispose();
        if (OwnsControl)
            await control.DisposeAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    // However it ends, the other half is told that no more will come.
    private async Task SendAsync(
        ChannelReader<EntryBatch> batches,
        CancellationToken enough,
        CancellationToken cancellationToken
    )
    {
        try
        {
            while (await batches.WaitToReadAsync(enough).ConfigureAwait(false))
            {
                while (!enough.IsCancellationRequested && batches.TryRead(out var batch))
                    await SendAsync(batch, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The other half wants no more.
        }
        finally
        {
            _pending.Writer.Complete();
        }
    }

    // What was encoded goes out and is settled, even if the batch cannot be encoded to its end.
    private async Task SendAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        var pending = new PendingBatch(batch, progress: null, _fatesOf?.Invoke(batch));
        ExceptionDispatchInfo? failure = null;
        try
        {
            try
            {
                if (batch.Large is null)
                    await EncodeAsync(pending, cancellationToken).ConfigureAwait(false);
                else
                    await SendLargeAsync(pending, cancellationToken).ConfigureAwait(false);
                await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionException exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            catch (GodwitException exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            await _pending.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            pending.Dispose();
            throw;
        }

        failure?.Throw();
    }

    private async Task EncodeAsync(PendingBatch pending, CancellationToken cancellationToken)
    {
        var output = connection.Output;
        for (var i = 0; i < pending.Batch.Count; i++)
        {
            if (encoder.NewDatabaseOf(pending.Batch.Entries[i]) is { } database)
                await LearnAsync(database, cancellationToken).ConfigureAwait(false);

            var steps = pending.Steps.Length;
            var body = encoder.Encode(pending, i, output);
            if (pending.Fates is { } fates && pending.Steps.Length == steps)
                fates[i] = Fate.Settled;
            if (!body.IsEmpty)
            {
                await output.WriteAsync(body, cancellationToken).ConfigureAwait(false);
                encoder.EncodeRest(pending, i, output);
            }

            if (output.Buffered >= FlushAt)
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // Sends all of a large value but the transaction that gives it its name, which is left for the caller to send.
    private async Task SendLargeAsync(PendingBatch pending, CancellationToken cancellationToken)
    {
        var entry = pending.Batch.Entries[0];
        if (encoder.NewDatabaseOf(entry) is { } database)
            await LearnAsync(database, cancellationToken).ConfigureAwait(false);

        // What is due for choosing the database comes before all the parts.
        var opening = new PendingBatch(new EntryBatch());
        if (!encoder.TryBeginLarge(pending.Batch, opening, connection.Output))
        {
            if (pending.Fates is { } fates)
                fates[0] = Fate.Settled;
            return;
        }

        await SendPartAsync(opening).ConfigureAwait(false);
        if (pending.Fates is not null)
            await SendLargeAsync(pending, pending.Fates, SendPartAsync, cancellationToken).ConfigureAwait(false);
        // Asked beforehand only to spare the work: the transaction that names the value looks again.
        else if (settler.KeepsExisting && await HasKeyAsync(pending.Batch, cancellationToken).ConfigureAwait(false))
            settler.SettleExisting(pending.Batch, 0);
        else
            await WriteLargeAsync(pending, SendPartAsync, cancellationToken).ConfigureAwait(false);

        async ValueTask SendPartAsync(PendingBatch part)
        {
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await _pending.Writer.WriteAsync(part, cancellationToken).ConfigureAwait(false);
        }
    }

    // A value in pieces comes once. It is not begun where its slot is another server's, or on its way to one: there the name
    // that nobody has is asked for elsewhere.
    private async Task SendLargeAsync(
        PendingBatch pending,
        Fates fates,
        Func<PendingBatch, ValueTask> send,
        CancellationToken cancellationToken
    )
    {
        var batch = pending.Batch;
        var database = encoder.DatabaseOf(batch.Entries[0]);
        var guard = encoder.LargeValues.GuardOf(batch);
        var free = await control.FindKeyAsync(database, guard, cancellationToken).ConfigureAwait(false);
        var taken = settler.KeepsExisting
            ? await control
                .FindKeyAsync(database, batch.Key(batch.Entries[0]).ToArray(), cancellationToken)
                .ConfigureAwait(false)
            : free;
        if ((free.IsError ? free : taken) is { IsError: true } error)
        {
            fates.Divert(
                0,
                Detour.Of(error, connection.Endpoint) switch
                {
                    null => throw ServerErrorException.Of(connection.Endpoint, "EXISTS", error.Bytes.Span),
                    { Kind: DetourKind.Ask } ask => ask with { Kind = DetourKind.MovingSlot },
                    var other => other,
                }
            );
            return;
        }

        if (settler.KeepsExisting && taken.Integer > 0)
        {
            fates[0] = Fate.Existing;
            return;
        }

        fates.HasBegunLarge = true;
        await WriteLargeAsync(pending, send, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteLargeAsync(
        PendingBatch pending,
        Func<PendingBatch, ValueTask> send,
        CancellationToken cancellationToken
    )
    {
        var outcome = await encoder
            .LargeValues.WriteAsync(pending, connection.Output, send, cancellationToken)
            .ConfigureAwait(false);
        if (pending.Fates is { } fates && outcome is { } fate)
            fates[0] = fate;
    }

    private static Channel<PendingBatch> NewQueue() =>
        Channel.CreateBounded<PendingBatch>(
            new BoundedChannelOptions(BatchesOnTheWay) { SingleReader = true, SingleWriter = true }
        );

    private Task<bool> HasKeyAsync(EntryBatch batch, CancellationToken cancellationToken) =>
        control.HasKeyAsync(
            encoder.DatabaseOf(batch.Entries[0]),
            batch.Key(batch.Entries[0]).ToArray(),
            cancellationToken
        );

    // Asked beforehand: commands behind a SELECT that fails would land in another database.
    private async ValueTask LearnAsync(int database, CancellationToken cancellationToken) =>
        encoder.Learn(database, await control.HasDatabaseAsync(database, cancellationToken).ConfigureAwait(false));

    private async Task SettleAsync(CancellationTokenSource enough, CancellationTokenSource broken)
    {
        try
        {
            await foreach (var pending in _pending.Reader.ReadAllAsync(broken.Token).ConfigureAwait(false))
            {
                using (pending)
                    await settler.SettleAsync(connection.Input, pending, broken.Token).ConfigureAwait(false);
                if (settler.Refusal is not null)
                    await enough.CancelAsync().ConfigureAwait(false);
            }
        }
        catch
        {
            await broken.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
