namespace Godwit.Protocol.Rdb;

/// <summary>What an RDB file begins with: <c>REDIS</c> and four digits, or <c>VALKEY</c> and three.</summary>
internal static class RdbHeader
{
    public const int Length = 9;

    /// <summary>Reads it; false if it is not there as a whole yet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, long offset, out RdbVersion version)
    {
        version = default;
        if (!IsMagic(bytes, "REDIS"u8) && !IsMagic(bytes, "VALKEY"u8))
        {
            RdbThrow.Malformed(
                "This is no RDB file, which begins with REDIS or VALKEY,",
                offset,
                "Check the path; a compressed file has to be decompressed first."
            );
        }

        if (bytes.Length < Length)
            return false;

        var family = bytes[0] == (byte)'R' ? RdbFamily.Redis : RdbFamily.Valkey;
        var number = 0;
        foreach (var digit in bytes[(family == RdbFamily.Redis ? "REDIS"u8 : "VALKEY"u8).Length..Length])
        {
            if (!char.IsAsciiDigit((char)digit))
                RdbThrow.Malformed("The RDB file's version is not a number", offset);
            number = (number * 10) + (digit - '0');
        }

        version = new RdbVersion(family, number);
        var isKnown =
            family == RdbFamily.Redis
                ? number is >= 1 and <= RdbVersion.HighestRedis
                : number == RdbVersion.FirstValkey;
        if (!isKnown)
            RdbThrow.UnknownVersion(version, offset);
        return true;
    }

    private static bool IsMagic(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> magic) =>
        bytes.Length < magic.Length ? magic.StartsWith(bytes) : bytes.StartsWith(magic);
}
