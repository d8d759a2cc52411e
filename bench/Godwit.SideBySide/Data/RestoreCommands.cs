using System.Buffers;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Data;

/// <summary>Turns an RDB file into the RESTORE commands that make the same keys.</summary>
internal static class RestoreCommands
{
    private const int WriteAt = 1 << 20;

    /// <summary>Writes the file of commands.</summary>
    public static async Task WriteAsync(string rdb, string commands, CancellationToken cancellationToken)
    {
        await using var input = File.OpenRead(rdb);
        await using var output = File.Create(commands);
        using var reader = new RdbReader();
        var encoded = new ArrayBufferWriter<byte>();
        var buffer = new byte[1 << 20];
        var (position, count, database) = (0, 0, -1);
        while (!reader.Ended)
        {
            if (Encode(reader, buffer.AsSpan(0, count), ref position, ref database, encoded))
            {
                await output.WriteAsync(encoded.WrittenMemory, cancellationToken);
                encoded.ResetWrittenCount();
                continue;
            }

            buffer.AsSpan(position, count - position).CopyTo(buffer);
            (position, count) = (0, count - position);
            if (count == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(2L * count, Array.MaxLength));
            var read = await input.ReadAsync(buffer.AsMemory(count), cancellationToken);
            if (read == 0)
                throw reader.Truncated(count);
            count += read;
        }
    }

    // True when there is enough to write, or the end is reached.
    private static bool Encode(
        RdbReader reader,
        ReadOnlySpan<byte> buffer,
        ref int position,
        ref int database,
        ArrayBufferWriter<byte> output
    )
    {
        while (output.WrittenCount < WriteAt)
        {
            if (!reader.TryRead(buffer, ref position, out var item))
                return false;
            if (item.Kind == RdbItemKind.End)
                return true;
            if (item.Kind != RdbItemKind.Entry)
                continue;

            if (item.Database != database)
            {
                database = item.Database;
                new RespWriter(output).WriteCommand("SELECT", database);
            }

            Restore(new RespWriter(output), item, buffer, reader.Version.Number);
        }

        return true;
    }

    private static void Restore(RespWriter writer, in RdbItem item, ReadOnlySpan<byte> buffer, int version)
    {
        var value = item.Value(buffer);
        var expires = item.ExpireAt >= 0;
        writer.WriteArrayHeader(expires ? 5 : 4);
        writer.WriteBulk("RESTORE"u8);
        writer.WriteBulk(item.Key(buffer));
        writer.WriteBulk(expires ? item.ExpireAt : 0);

        Span<byte> footer = stackalloc byte[DumpPayload.FooterLength];
        DumpPayload.WriteFooter(footer, version, DumpPayload.Sign(item.Type, value, version));
        ReadOnlySpan<byte> type = [(byte)item.Type];
        writer.WriteBulkHeader(type.Length + value.Length + footer.Length);
        writer.WriteRaw(type);
        writer.WriteRaw(value);
        writer.WriteRaw(footer);
        writer.WriteRaw("\r\n"u8);
        if (expires)
            writer.WriteBulk("ABSTTL"u8);
    }
}
