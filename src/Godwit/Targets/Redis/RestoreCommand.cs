using System.Buffers;
using Godwit.Batches;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>RESTORE of an entry: its value goes as it came, behind its type byte and before a footer that signs it.</summary>
internal static class RestoreCommand
{
    /// <summary>From this length on a value is sent from where it lies, and not copied into the output.</summary>
    public const int LongValue = 64 * 1024;

    /// <summary>
    /// Writes the command, or, where the value has <see cref="LongValue"/> bytes or more, the part of it before the value:
    /// <see cref="WriteRest"/> writes the one behind.
    /// </summary>
    /// <param name="output">Takes it.</param>
    /// <param name="batch">Holds the entry.</param>
    /// <param name="entry">What to restore.</param>
    /// <param name="version">The version for the footer: one that the target accepts.</param>
    /// <param name="replace">Takes the place of an existing key.</param>
    public static void Write(IBufferWriter<byte> output, EntryBatch batch, in Entry entry, int version, bool replace)
    {
        var expires = entry.ExpireAt != Entry.None;
        var knowsIdle = entry.IdleSeconds != Entry.None;
        var knowsFrequency = entry.Frequency != Entry.None;
        var words = 4 + (expires ? 1 : 0) + (replace ? 1 : 0) + (knowsIdle ? 2 : 0) + (knowsFrequency ? 2 : 0);

        var writer = new RespWriter(output);
        writer.WriteArrayHeader(words);
        writer.WriteBulk("RESTORE"u8);
        writer.WriteBulk(batch.Key(entry));
        writer.WriteBulk(expires ? entry.ExpireAt : 0);
        writer.WriteBulkHeader(1L + entry.ValueLength + DumpPayload.FooterLength);
        writer.WriteRaw([(byte)entry.Type]);
        if (entry.ValueLength >= LongValue)
            return;

        writer.WriteRaw(batch.Value(entry));
        WriteRest(output, batch, entry, version, replace);
    }

    /// <summary>Writes the part of the command behind the value.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="batch">Holds the entry.</param>
    /// <param name="entry">What to restore.</param>
    /// <param name="version">The version for the footer: one that the target accepts.</param>
    /// <param name="replace">Takes the place of an existing key.</param>
    public static void WriteRest(
        IBufferWriter<byte> output,
        EntryBatch batch,
        in Entry entry,
        int version,
        bool replace
    )
    {
        var writer = new RespWriter(output);
        WriteFooter(writer, batch, entry, version);
        if (entry.ExpireAt != Entry.None)
            writer.WriteBulk("ABSTTL"u8);
        if (replace)
            writer.WriteBulk("REPLACE"u8);
        if (entry.IdleSeconds != Entry.None)
        {
            writer.WriteBulk("IDLETIME"u8);
            writer.WriteBulk(entry.IdleSeconds);
        }

        if (entry.Frequency != Entry.None)
        {
            writer.WriteBulk("FREQ"u8);
            writer.WriteBulk(entry.Frequency);
        }
    }

    private static void WriteFooter(RespWriter writer, EntryBatch batch, in Entry entry, int version)
    {
        if (entry.Signed && version == batch.Version.Number)
        {
            writer.WriteRaw(batch.Footer(entry));
        }
        else
        {
            Span<byte> footer = stackalloc byte[DumpPayload.FooterLength];
            DumpPayload.WriteFooter(footer, version, DumpPayload.Sign(entry.Type, batch.Value(entry), version));
            writer.WriteRaw(footer);
        }

        writer.WriteRaw("\r\n"u8);
    }
}
