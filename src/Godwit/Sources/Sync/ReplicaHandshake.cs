using System.Buffers.Text;
using System.Globalization;
using Godwit.Connections;
using Godwit.Live;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Sync;

/// <summary>How a primary frames the snapshot that it sends.</summary>
/// <param name="Length">Its bytes, or null where the primary does not know: it then ends with <see cref="EndMark"/>.</param>
/// <param name="EndMark">40 bytes that stand behind a snapshot of unknown length; empty for one of known length.</param>
internal sealed record SnapshotFrame(long? Length, byte[] EndMark);

/// <summary>Asks a server for a snapshot as a replica does, as far as the snapshot's first byte.</summary>
/// <remarks><c>src/replication.c</c>: syncCommand, replconfCommand; readSyncBulkPayload is the other side.</remarks>
internal static class ReplicaHandshake
{
    private const int EndMarkLength = 40;

    // The newest Valkey whose snapshots we read. Without it Valkey 9 takes us for an old replica, and breaks off at the first
    // value that old ones cannot hold. Redis does not know the option.
    private const string ValkeyVersion = "9.1.0";

    // No server listens there. Who says nothing stands in the primary's INFO with port 0, and Sentinel lists that as a replica,
    // which it might promote; a port beyond all ports it cannot take for an address at all (src/sentinel.c, createSentinelAddr).
    private const int NoPort = 65536;

    // An answer is a few dozen bytes, an error one sentence.
    private const int MaxLine = 4096;

    /// <summary>Asks. Where the server refuses, nothing has changed for it and the connection can be closed.</summary>
    /// <exception cref="RefusedException">The server does not let us be a replica: the message says its reason.</exception>
    public static async Task<SnapshotFrame> RunAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        // A snapshot alone: the primary then keeps no stream of changes for us, which might overflow while we write (7.0).
        // Older ones do not know it, and send the stream along; we close before reading it.
        await connection.TryExecuteAsync(cancellationToken, "REPLCONF", "rdb-only", "1").ConfigureAwait(false);

        await TellAsync(connection, cancellationToken).ConfigureAwait(false);
        new RespWriter(connection.Output).WriteCommand("PSYNC", "?", "-1");
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var reply = await ReadLineAsync(connection, cancellationToken).ConfigureAwait(false);
        if (reply.AsSpan().StartsWith("-"u8))
            throw Refused(connection, "PSYNC", ServerErrorException.Clean(reply.AsSpan(1)));
        if (!reply.AsSpan().StartsWith("+FULLRESYNC "u8))
            throw Refused(connection, "PSYNC", $"something unexpected, {ServerErrorException.Clean(reply)}");

        var frame = await ReadLineAsync(connection, cancellationToken).ConfigureAwait(false);
        if (frame.AsSpan().StartsWith("-"u8))
            throw Refused(connection, "PSYNC", ServerErrorException.Clean(frame.AsSpan(1)));
        return Parse(connection, frame);
    }

    /// <summary>
    /// Asks to be sent every change from a place on. Where the server answers that a snapshot comes first,
    /// <see cref="ReadFrameAsync"/> is next; else the stream follows at once.
    /// </summary>
    /// <param name="connection">To the primary, or to a replica of it.</param>
    /// <param name="from">The place; null for a snapshot and what follows it.</param>
    /// <param name="omitsData">
    /// Of a snapshot nothing is wanted but what follows it: the server leaves the keys out, where it knows how (7.0).
    /// </param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="RefusedException">The server does not let us be a replica: the message says its reason.</exception>
    /// <exception cref="ServerErrorException">It does not now, but may soon.</exception>
    public static async Task<JoinAnswer> JoinAsync(
        RedisConnection connection,
        StreamPosition? from,
        bool omitsData,
        CancellationToken cancellationToken
    )
    {
        if (omitsData)
        {
            await connection
                .TryExecuteAsync(cancellationToken, "REPLCONF", "rdb-filter-only", "functions")
                .ConfigureAwait(false);
        }

        await TellAsync(connection, cancellationToken).ConfigureAwait(false);
        var writer = new RespWriter(connection.Output);
        if (from is { } place)
            writer.WriteCommand("PSYNC", place.ReplicationId, place.Offset + 1);
        else
            writer.WriteCommand("PSYNC", "?", "-1");
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);

        var line = await ReadLineAsync(connection, cancellationToken).ConfigureAwait(false);
        if (line.AsSpan().StartsWith("-"u8))
            throw NotJoined(connection, line.AsSpan(1));
        return JoinAnswer.TryParse(line, from) ?? throw Unexpected(connection, line.Length);
    }

    /// <summary>Waits until the server is about to send its snapshot, which may take it a while to prepare.</summary>
    /// <exception cref="ServerErrorException">It could not prepare it, for want of memory or disk perhaps.</exception>
    public static async Task<SnapshotFrame> ReadFrameAsync(
        RedisConnection connection,
        CancellationToken cancellationToken
    )
    {
        var line = await ReadLineAsync(connection, cancellationToken).ConfigureAwait(false);
        return line.AsSpan().StartsWith("-"u8)
            ? throw ServerErrorException.Of(connection.Endpoint, "PSYNC", line.AsSpan(1))
            : Parse(connection, line);
    }

    private static async Task TellAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await connection.TryExecuteAsync(cancellationToken, "REPLCONF", "listening-port", NoPort).ConfigureAwait(false);
        var capabilities = await connection
            .TryExecuteAsync(cancellationToken, "REPLCONF", "capa", "eof", "capa", "psync2")
            .ConfigureAwait(false);
        if (capabilities.IsError)
            throw NotJoined(connection, capabilities.Bytes.Span, "REPLCONF");

        await connection.TryExecuteAsync(cancellationToken, "REPLCONF", "version", ValkeyVersion).ConfigureAwait(false);
    }

    // A server that is loading, or a replica that has lost its primary, will be able to later.
    private static GodwitException NotJoined(
        RedisConnection connection,
        ReadOnlySpan<byte> error,
        string command = "PSYNC"
    )
    {
        var refusal = ServerErrorException.Of(connection.Endpoint, command, error);
        return refusal.IsTransient || refusal.Code == "NOMASTERLINK"
            ? refusal
            : Refused(connection, command, refusal.ServerMessage);
    }

    // While the primary waits for its child process, before its answer and after, it sends line feeds so that nobody thinks
    // it dead. They are no RESP.
    private static async Task<byte[]> ReadLineAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var input = connection.Input;
        while (true)
        {
            while (input.Buffered.Length > 0 && input.Buffered[0] == (byte)'\n')
                input.Advance(1);

            var end = input.Buffered.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = input.Buffered[..end].TrimEnd((byte)'\r').ToArray();
                input.Advance(end + 1);
                return line;
            }

            if (input.Buffered.Length > MaxLine)
                throw Unexpected(connection, input.Buffered.Length);

            await input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static SnapshotFrame Parse(RedisConnection connection, ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("$EOF:"u8) && line.Length == 5 + EndMarkLength)
            return new SnapshotFrame(null, line[5..].ToArray());

        if (
            line.StartsWith("$"u8)
            && Utf8Parser.TryParse(line[1..], out long length, out var digits)
            && digits == line.Length - 1
            && length >= 0
        )
        {
            return new SnapshotFrame(length, []);
        }

        throw Unexpected(connection, line.Length);
    }

    private static ProtocolException Unexpected(RedisConnection connection, int length) =>
        new(
            connection.Input.BytesRead - connection.Input.Buffered.Length,
            "an answer to PSYNC, then $ and a snapshot's length, or $EOF: and its end mark",
            string.Create(CultureInfo.InvariantCulture, $"a line of {length} bytes")
        );

    private static RefusedException Refused(RedisConnection connection, string command, string error) =>
        new(
            $"{connection.Endpoint} does not let us read it as a replica: it answered {command} with: {error}",
            "Read it with --read scan, or let the user run PSYNC and REPLCONF: ACL SETUSER name +psync +replconf."
        );
}
