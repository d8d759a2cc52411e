namespace Godwit.Protocol.Cluster;

/// <summary>The hash slot of a key: CRC-16 of it, or of its hash tag, modulo 16384.</summary>
/// <remarks>Source: <c>src/cluster.c</c>, keyHashSlot; <c>src/crc16.c</c> (CRC-16/XMODEM).</remarks>
public static class HashSlot
{
    /// <summary>How many slots a cluster has.</summary>
    public const int Count = 16384;

    private const ushort Polynomial = 0x1021;

    private static readonly ushort[] Table = CreateTable();
    private static readonly Lazy<byte[][]> Tags = new(CreateTags);

    /// <summary>The slot of a key, 0 to 16383.</summary>
    public static int Of(ReadOnlySpan<byte> key) => Crc16(HashedPart(key)) & (Count - 1);

    /// <summary>A short text without braces that lies in a slot: <c>{text}</c> puts a key there, whatever else its name holds.</summary>
    /// <param name="slot">0 to 16383.</param>
    /// <remarks>Put it first: the first pair of braces counts.</remarks>
    public static ReadOnlySpan<byte> TagOf(int slot) => Tags.Value[slot];

    // What stands between the first { and the first } behind it, unless that is nothing; else all of it.
    private static ReadOnlySpan<byte> HashedPart(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open < 0)
            return key;

        var length = key[(open + 1)..].IndexOf((byte)'}');
        return length <= 0 ? key : key.Slice(open + 1, length);
    }

    private static int Crc16(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0;
        foreach (var value in bytes)
            crc = (ushort)((crc << 8) ^ Table[(byte)((crc >> 8) ^ value)]);
        return crc;
    }

    private static ushort[] CreateTable()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = (ushort)(i << 8);
            for (var bit = 0; bit < 8; bit++)
                crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1);
            table[i] = crc;
        }

        return table;
    }

    // Words of four letters and digits, the first found for each slot.
    private static byte[][] CreateTags()
    {
        var alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"u8;
        var tags = new byte[Count][];
        var missing = Count;
        Span<byte> word = stackalloc byte[4];
        for (var number = 0; missing > 0; number++)
        {
            var rest = number;
            for (var i = 0; i < word.Length; i++, rest /= alphabet.Length)
                word[i] = alphabet[rest % alphabet.Length];

            ref var tag = ref tags[Of(word)];
            if (tag is not null)
                continue;
            tag = word.ToArray();
            missing--;
        }

        return tags;
    }
}
