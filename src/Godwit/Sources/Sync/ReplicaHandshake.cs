using System.Buffers.Text;
using System.Globalization;
using Godwit.Connections;
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

    // An answer is a few dozen bytes, an error one sentence.
    private const int MaxLine = 4096;

    /// <summary>Asks. Where the server refuses, nothing has changed for it and the connection can be closed.</summary>
    /// <exception cref="RefusedException">The server does not let us be a replica: the message says its reason.</exception>
    public static async Task<SnapshotFrame> RunAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        // A snapshot alone: the primary then keeps no stream of changes for us, which might overflow while we write (7.0).
        // Older ones do not know it, and send the stream along; we close before reading it.
        await connection.TryExecuteAsync(cancellationToken, "REPLCONF", "rdb-only", "1").ConfigureAwait(false);

        var capabilities = await connection
            .TryExecuteAsync(cancellationToken, "REPLCONF", "capa", "eof", "capa", "psync2")
            .ConfigureAwait(false);
        if (capabilities.IsError)
            throw Refused(connection, "REPLCONF", ServerErrorException.Clean(capabilities.Bytes.Span));

        await connection.TryExecuteAsync(cancellationToken, "REPLCONF", "version", ValkeyVersion).ConfigureAwait(false);

        new RespWriter(connection.Output).WriteCommand("PSYNC", "?", "-1");
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var reply = await ReadLineAsync(connection, cancellationToken).ConfigureAwait(false);
        if (reply.AsSpan().StartsWith("-"u8))
            throw Refused(connection, "PSYNC", ServerErrorException.Clean(reply.AsSpan(1)));
        if (!reply.AsSpan().StartsWith("+FULLRESYNC "u8))
            throw Refused(connection, "PSYNC", $"something unexpected, {ServerErrorException.Clean(reply)}");

        return Parse(connection, await ReadLineAsync(connection, cancellationToken).ConfigureAwait(false));
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
        if (line.StartsWith("-"u8))
            throw Refused(connection, "PSYNC", ServerErrorException.Clean(line[1..]));

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
