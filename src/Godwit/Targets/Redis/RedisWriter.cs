using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Connections;

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

    private readonly Channel<PendingBatch> _pending = Channel.CreateBounded<PendingBatch>(
        new BoundedChannelOptions(BatchesOnTheWay) { SingleReader = true, SingleWriter = true }
    );

    /// <summary>Bytes that went to the server. Safe to read from any thread.</summary>
    public long BytesWritten => connection.Output.BytesWritten;

    /// <summary>Writes batches until there are no more and every reply is in. Disposes each batch.</summary>
    public async Task RunAsync(ChannelReader<EntryBatch> batches, CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = StopTheOtherOnFailure(SendAsync(batches, failed.Token), failed);
        var settling = StopTheOtherOnFailure(SettleAsync(failed.Token), failed);
        try
        {
            await Task.WhenAll(sending, settling).ConfigureAwait(false);
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
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        encoder.Dispose();
        return connection.DisposeAsync();
    }

    private static async Task StopTheOtherOnFailure(Task half, CancellationTokenSource failed)
    {
        try
        {
            await half.ConfigureAwait(false);
        }
        catch
        {
            await failed.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task SendAsync(ChannelReader<EntryBatch> batches, CancellationToken cancellationToken)
    {
        var output = connection.Output;
        await foreach (var batch in batches.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            var pending = new PendingBatch(batch);
            try
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    // Asked beforehand: commands behind a SELECT that fails would land in another database.
                    if (encoder.NewDatabaseOf(batch.Entries[i]) is { } database)
                    {
                        encoder.Learn(
                            database,
                            await control.HasDatabaseAsync(database, cancellationToken).ConfigureAwait(false)
                        );
                    }

                    encoder.Encode(pending, i, output);
                    if (output.Buffered >= FlushAt)
                        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                await _pending.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                pending.Dispose();
                throw;
            }
        }

        _pending.Writer.Complete();
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        await foreach (var pending in _pending.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            using (pending)
                await settler.SettleAsync(connection.Input, pending, cancellationToken).ConfigureAwait(false);
        }
    }
}
