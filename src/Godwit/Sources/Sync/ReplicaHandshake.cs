using System.Buffers.Text;
using System.Globalization;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol;

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
            throw Refused(connection, "REPLCONF", capabilities.Text);

        var reply = await connection.TryExecuteAsync(cancellationToken, "PSYNC", "?", "-1").ConfigureAwait(false);
        if (reply.IsError)
            throw Refused(connection, "PSYNC", reply.Text);
        if (!reply.Text.StartsWith("FULLRESYNC ", StringComparison.Ordinal))
            throw Refused(connection, "PSYNC", $"an unexpected answer to PSYNC: {reply.Text}");

        return await ReadFrameAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    // While the primary prepares, it sends line feeds so that nobody thinks it dead; then '$' and a length, or "EOF:" and
    // the mark; or an error.
    private static async Task<SnapshotFrame> ReadFrameAsync(
        RedisConnection connection,
        CancellationToken cancellationToken
    )
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
                return Parse(connection, line);
            }

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

        throw new ProtocolException(
            connection.Input.BytesRead - connection.Input.Buffered.Length,
            "$ and a snapshot's length, or $EOF: and its end mark",
            string.Create(CultureInfo.InvariantCulture, $"a line of {line.Length} bytes")
        );
    }

    private static RefusedException Refused(RedisConnection connection, string command, string error) =>
        new(
            $"{connection.Endpoint} does not let us read it as a replica: it answered {command} with: {error}",
            "Read it with --read scan, or let the user run PSYNC and REPLCONF: ACL SETUSER name +psync +replconf."
        );
}
