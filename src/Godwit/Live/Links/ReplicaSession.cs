using System.Buffers;
using Godwit.Connections;
using Godwit.Protocol.Resp;
using Godwit.Sources.Sync;

namespace Godwit.Live.Links;

/// <summary>
/// One connection to a source that has let us join: what it sends goes into the generation's spools, whether anybody reads
/// there or not, and it is told each second how far we are.
/// </summary>
/// <param name="connection">Behind the answer to PSYNC.</param>
/// <param name="generation">Where the bytes go.</param>
/// <param name="interval">Time between two acknowledgements.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ReplicaSession(
    RedisConnection connection,
    LinkGeneration generation,
    TimeSpan interval,
    TimeProvider timeProvider
)
{
    private const int MarkBufferSize = 256 * 1024;

    private volatile bool _streaming;
    private TaskCompletionSource _wake = NewSignal();

    // WAIT at the source asks every replica how far it is. The question comes behind what it waits for, so most often it is the
    // last of what was sent; the value that ends in these bytes only has us answer once more.
    private static ReadOnlySpan<byte> GetAck => "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"u8;

    /// <summary>Changes are coming in.</summary>
    public bool IsStreaming => _streaming;

    /// <summary>Takes what comes until the connection ends; it always ends with an exception.</summary>
    /// <param name="frame">How the snapshot is framed that comes first; null if none comes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(SnapshotFrame? frame, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(frame, both.Token);
        var acknowledging = AcknowledgeAsync(both.Token);
        var first = await Task.WhenAny(receiving, acknowledging).ConfigureAwait(false);
        await both.CancelAsync().ConfigureAwait(false);
        connection.Abort();
        await Task.WhenAll(receiving, acknowledging).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReceiveAsync(SnapshotFrame? frame, CancellationToken cancellationToken)
    {
        if (frame is not null)
        {
            generation.ExpectSnapshot(frame.Length);
            if (frame.Length is { } length)
                await ReceiveSnapshotAsync(length, cancellationToken).ConfigureAwait(false);
            else
                await ReceiveSnapshotAsync(frame.EndMark, cancellationToken).ConfigureAwait(false);
            generation.EndSnapshot();
        }

        // A primary that sent its snapshot without a length waits for this before it sends changes.
        _streaming = true;
        Wake();
        await ReceiveStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ReceiveSnapshotAsync(long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            var room = await generation.Snapshot!.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            room = room[..(int)Math.Min(room.Length, length)];
            var count = await ReadAsync(room, cancellationToken).ConfigureAwait(false);
            generation.Snapshot.Advance(count);
            length -= count;
        }
    }

    // The mark may come in pieces, and with the first changes behind it.
    private async Task ReceiveSnapshotAsync(byte[] mark, CancellationToken cancellationToken)
    {
        var snapshot = generation.Snapshot!;
        var buffer = ArrayPool<byte>.Shared.Rent(MarkBufferSize);
        var used = 0;
        while (true)
        {
            used += await ReadAsync(buffer.AsMemory(used), cancellationToken).ConfigureAwait(false);
            var found = buffer.AsSpan(0, used).IndexOf(mark);
            var whole = found >= 0 ? found : Math.Max(0, used - mark.Length + 1);
            await snapshot.WriteAsync(buffer.AsMemory(0, whole), cancellationToken).ConfigureAwait(false);
            if (found >= 0)
            {
                var behind = found + mark.Length;
                await generation
                    .Bytes.WriteAsync(buffer.AsMemory(behind, used - behind), cancellationToken)
                    .ConfigureAwait(false);
                generation.NoteArrival();
                break;
            }

            buffer.AsSpan(whole, used - whole).CopyTo(buffer);
            used -= whole;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task ReceiveStreamAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var room = await generation.Bytes.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            var count = await ReadAsync(room, cancellationToken).ConfigureAwait(false);
            var isAsked = room.Span[..count].EndsWith(GetAck);
            generation.Bytes.Advance(count);
            generation.NoteArrival();
            if (isAsked)
                Wake();
        }
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await connection.Input.ReadRawAsync(buffer, cancellationToken).ConfigureAwait(false);
        return count > 0 ? count : throw ConnectionFailure.Closed(connection.Endpoint);
    }

    // The only one that writes to the connection. While the snapshot is on its way a line feed says that we are there, as
    // replicas do: an acknowledgement would have the primary send changes before the snapshot's end.
    private async Task AcknowledgeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.WhenAny(Volatile.Read(ref _wake).Task, Task.Delay(interval, timeProvider, cancellationToken))
                .ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            Volatile.Write(ref _wake, NewSignal());

            if (_streaming)
                new RespWriter(connection.Output).WriteCommand("REPLCONF", "ACK", generation.TakenOffset);
            else
                new RespWriter(connection.Output).WriteRaw("\n"u8);
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Wake() => Volatile.Read(ref _wake).TrySetResult();
}
