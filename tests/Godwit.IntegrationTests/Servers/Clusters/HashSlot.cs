namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>The slot of a key, worked out bit by bit from its definition; a second opinion on the program's own.</summary>
internal static class HashSlot
{
    // CRC-16/XMODEM.
    private const int Polynomial = 0x1021;

    public static int Of(ReadOnlySpan<byte> key) => Checksum(Hashed(key)) % SlotRange.AllSlots;

    /// <summary>What stands in the first braces, if they are closed and not empty; else the whole key.</summary>
    private static ReadOnlySpan<byte> Hashed(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open < 0)
            return key;
        var length = key[(open + 1)..].IndexOf((byte)'}');
        return length > 0 ? key.Slice(open + 1, length) : key;
    }

    private static int Checksum(ReadOnlySpan<byte> bytes)
    {
        var remainder = 0;
        foreach (var next in bytes)
        {
            remainder ^= next << 8;
            for (var bit = 0; bit < 8; bit++)
                remainder = (remainder & 0x8000) != 0 ? (remainder << 1) ^ Polynomial : remainder << 1;
            remainder &= 0xffff;
        }

        return remainder;
    }
}
