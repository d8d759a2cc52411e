using System.Buffers.Binary;
using System.Globalization;
using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Builds RDB files, and reads them in ways that must not make a difference.</summary>
internal static class RdbFile
{
    /// <summary>A file with an item of every kind that its family writes, and each of the samples that fit it as an entry.</summary>
    public static byte[] WithEverything(RdbFamily family)
    {
        var bytes = new RdbBytes().Raw(family == RdbFamily.Redis ? "REDIS0012"u8 : "VALKEY080"u8);
        bytes.Raw(0xFA).Strings("redis-ver", "9.9.9").Raw(0xFA).String("redis-bits").Raw(0xC0, 64);
        bytes.Raw(0xFA).RunLzf((byte)'n', 30).RunLzf((byte)'t', 40);
        bytes.Raw(0xF5).String("#!lua name=one\n").Raw(0xF5).RunLzf((byte)'c', 50);
        bytes.Raw(0xF7).Length(SampleValues.ModuleId).Raw(2, 1).Raw(SampleValues.ModuleFields());
        if (family == RdbFamily.Valkey)
            bytes.Raw(0xF3).String(new string('j', 40)).Length(2).Length(0).Length(99).Length(16_000).Length(16_383);
        bytes.Raw(0xFE, 0).Raw(0xFB).Length(70).Length(3);
        bytes.Raw(0xF4).Length(16_383).Length(70).Length(3);
        foreach (var sample in SampleValues.All.Where(s => s.Version.Family == family || (int)s.Type < 22))
            bytes.Raw((byte)sample.Type).String(sample.Name).Raw(sample.Bytes);
        bytes.Raw(0xFC).Int64(SampleValues.Far).Raw(0xF9, 200).Raw(0).Strings("expiring", "v");
        bytes.Raw(0xFD, 0, 0, 0, 0x7F).Raw(0xF8).Length(100_000).Raw(0).Raw(0xC1, 1, 2).String("idle, integer key");
        bytes.Raw(0xFE).Length(15).Raw(2).RunLzf((byte)'k', 60).Length(1).String("compressed key");
        bytes.Raw(0xFF);
        return Sign(bytes);
    }

    public static byte[] Sign(byte[] unsigned)
    {
        byte[] signed = [.. unsigned, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt64LittleEndian(signed.AsSpan(unsigned.Length), Crc64.Append(0, unsigned));
        return signed;
    }

    /// <summary>All items as lines, of a file that is in memory as a whole.</summary>
    public static List<string> ReadWhole(byte[] file)
    {
        using var reader = new RdbReader();
        var lines = new List<string>();
        var position = 0;
        while (!reader.Ended)
        {
            if (!reader.TryRead(file, ref position, out var item))
                throw reader.Truncated(file.Length - position);
            lines.Add(Describe(item, file));
        }

        reader.Offset.ShouldBe(position);
        return lines;
    }

    /// <summary>
    /// The same, of a file of which ever more is shown. What is behind the position is dropped after each call that wants
    /// more, into a new buffer at another place.
    /// </summary>
    public static List<string> ReadInSteps(byte[] file, Func<int> nextStep)
    {
        using var reader = new RdbReader();
        var lines = new List<string>();
        var buffer = Array.Empty<byte>();
        var position = 0;
        var shown = 0;
        while (!reader.Ended)
        {
            if (reader.TryRead(buffer, ref position, out var item))
            {
                lines.Add(Describe(item, buffer));
                continue;
            }

            if (shown == file.Length)
                throw reader.Truncated(buffer.Length - position);
            reader.Wanted.ShouldBeGreaterThan(buffer.Length - position);
            reader.Offset.ShouldBe(shown - (buffer.Length - position));
            var more = Math.Min(nextStep(), file.Length - shown);
            var padding = shown % 3;
            buffer = [.. new byte[padding], .. buffer[position..], .. file[shown..(shown + more)]];
            position = padding;
            shown += more;
        }

        return lines;
    }

    public static string Describe(in RdbItem item, ReadOnlySpan<byte> buffer)
    {
        var key = RecordingSink.Escape(item.Key(buffer));
        var value = RecordingSink.Escape(item.Value(buffer));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{item.Kind} {item.Type} {key} {value} db {item.Database} at {item.ExpireAt} idle {item.IdleSeconds} "
                + $"freq {item.Frequency} keys {item.Keys} expires {item.Expires} slot {item.Slot} module {item.ModuleId}"
        );
    }
}
