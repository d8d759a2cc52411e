using System.Buffers;
using System.Globalization;
using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Data;

/// <summary>Makes the values of <see cref="MixedData"/>: which type and how long is left to chance.</summary>
internal sealed class MixedValues(IBufferWriter<byte> output, SeededRandom random)
{
    // Any moment will do that is not before other ids of the same stream. In milliseconds.
    private const long FirstStreamId = 1_700_000_000_000;

    private readonly byte[] _bytes = new byte[4096];

    /// <summary>A key that no other number gives; of a hundred, five hold bytes that are not text.</summary>
    public byte[] NewKey(long number)
    {
        var name = random.Between(0, 3) switch
        {
            0 => $"user:{number}",
            1 => $"shop:{random.Between(1, 500)}:order:{number}",
            2 => $"{{tenant-{random.Between(1, 40)}}}:session:{number:x8}",
            _ => $"k{number}",
        };
        var key = Encoding.ASCII.GetBytes(name);
        if (!random.PerMille(50))
            return key;

        byte[] tail = [0, 0xFF, (byte)'\r', (byte)'\n', (byte)random.Next()];
        return [.. key, .. tail];
    }

    /// <summary>Writes the commands that make the key, and says how many.</summary>
    public int Write(byte[] key)
    {
        var count = Elements();
        return random.Between(1, 100) switch
        {
            <= 38 => String(key),
            <= 60 => Hash(key, count),
            <= 73 => List(key, count),
            <= 80 => IntegerSet(key, count),
            <= 86 => Set(key, count),
            <= 95 => SortedSet(key, count),
            _ => Stream(key, count),
        };
    }

    // Most are small enough for the packed encodings, some are not, a few have thousands of elements.
    private int Elements() =>
        random.Between(1, 10_000) switch
        {
            1 => random.Between(2_000, 20_000),
            <= 50 => random.Between(140, 900),
            <= 1_000 => random.Between(20, 120),
            _ => random.Between(1, 12),
        };

    private int String(byte[] key)
    {
        var writer = Begin(3, "SET"u8, key);
        switch (random.Between(1, 10))
        {
            case <= 2:
                writer.WriteBulk((long)random.Next() >> random.Between(0, 60));
                break;
            case <= 6:
                writer.WriteBulk(Words(random.Between(0, 120)));
                break;
            case 7:
                writer.WriteBulk(Words(random.Between(200, 3000)));
                break;
            case 8:
                writer.WriteBulk(Binary(random.Between(1, 400)));
                break;
            default:
                writer.WriteBulk(Text(random.Between(8, 64)));
                break;
        }

        return 1;
    }

    private int Hash(byte[] key, int fields)
    {
        var writer = Begin(2 + (2 * fields), "HSET"u8, key);
        // One long value takes a hash out of its packed encoding.
        var longest = random.PerMille(20) ? 300 : 40;
        for (var i = 0; i < fields; i++)
        {
            writer.WriteBulk($"field{i}");
            if (random.PerMille(300))
                writer.WriteBulk(random.Between(-100_000, 1_000_000));
            else
                writer.WriteBulk(Words(random.Between(0, longest)));
        }

        return 1;
    }

    private int List(byte[] key, int elements)
    {
        var writer = Begin(2 + elements, "RPUSH"u8, key);
        for (var i = 0; i < elements; i++)
        {
            if (random.PerMille(250))
                writer.WriteBulk((long)random.Next() >> random.Between(0, 63));
            else
                writer.WriteBulk(Text(random.Between(1, 60)));
        }

        return 1;
    }

    private int IntegerSet(byte[] key, int members)
    {
        var writer = Begin(2 + members, "SADD"u8, key);
        // Each of an intset's three widths.
        var shift = random.Between(0, 2) switch
        {
            0 => 49,
            1 => 33,
            _ => 1,
        };
        for (var i = 0; i < members; i++)
            writer.WriteBulk((long)random.Next() >> shift);
        return 1;
    }

    private int Set(byte[] key, int members)
    {
        var writer = Begin(2 + members, "SADD"u8, key);
        for (var i = 0; i < members; i++)
            writer.WriteBulk(Text(random.Between(6, 40)));
        return 1;
    }

    private int SortedSet(byte[] key, int members)
    {
        var writer = Begin(2 + (2 * members), "ZADD"u8, key);
        var whole = random.PerMille(500);
        for (var i = 0; i < members; i++)
        {
            if (whole)
                writer.WriteBulk(random.Between(-1000, 1_000_000));
            else
                writer.WriteBulk((random.Fraction() - 0.2) * 1e6);
            writer.WriteBulk(Text(random.Between(6, 40)));
        }

        return 1;
    }

    private int Stream(byte[] key, int entries)
    {
        for (var i = 0; i < entries; i++)
        {
            var writer = Begin(7, "XADD"u8, key);
            writer.WriteBulk(string.Create(CultureInfo.InvariantCulture, $"{FirstStreamId + (i * 37)}-{i % 3}"));
            writer.WriteBulk("event"u8);
            writer.WriteBulk(Words(random.Between(4, 30)));
            writer.WriteBulk("amount"u8);
            writer.WriteBulk(random.Between(0, 10_000));
        }

        if (!random.PerMille(600))
            return entries;

        var commands = new RespWriter(output);
        commands.WriteCommand("XGROUP", "CREATE", key, "workers", "0");
        commands.WriteCommand("XREADGROUP", "GROUP", "workers", "anna", "COUNT", 3, "STREAMS", key, ">");
        commands.WriteCommand("XREADGROUP", "GROUP", "workers", "bert", "COUNT", 5, "STREAMS", key, ">");
        commands.WriteCommand("XACK", key, "workers", $"{FirstStreamId}-0");
        return entries + 4;
    }

    private RespWriter Begin(int words, ReadOnlySpan<byte> name, byte[] key)
    {
        var writer = new RespWriter(output);
        writer.WriteArrayHeader(words);
        writer.WriteBulk(name);
        writer.WriteBulk(key);
        return writer;
    }

    private ReadOnlySpan<byte> Words(int length)
    {
        random.FillWords(_bytes.AsSpan(0, length));
        return _bytes.AsSpan(0, length);
    }

    private ReadOnlySpan<byte> Text(int length)
    {
        random.FillText(_bytes.AsSpan(0, length));
        return _bytes.AsSpan(0, length);
    }

    private ReadOnlySpan<byte> Binary(int length)
    {
        random.FillBytes(_bytes.AsSpan(0, length));
        return _bytes.AsSpan(0, length);
    }
}
