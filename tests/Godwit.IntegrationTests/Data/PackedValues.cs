using System.Globalization;

namespace Godwit.IntegrationTests.Data;

/// <summary>Elements at both sides of every limit of the ziplist's and the listpack's entry encodings.</summary>
internal static class PackedValues
{
    /// <summary>Integers of every width that either format has: immediate, 7, 8, 13, 16, 24, 32 and 64 bits.</summary>
    public static IReadOnlyList<long> Integers { get; } =
    [
        .. Enumerable.Range(0, 14).Select(i => (long)i),
        .. new[] { 7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 62 }.SelectMany(Around),
        long.MaxValue,
        long.MinValue,
    ];

    /// <summary>Lengths at the limits of 6-, 12-, 14- and 32-bit lengths and of the one- and five-byte back lengths.</summary>
    public static IReadOnlyList<int> Lengths { get; } =
    [1, 62, 63, 64, 126, 127, 128, 253, 254, 255, 4094, 4095, 4096, 16_382, 16_383, 16_384];

    /// <summary>Short values of every kind, each once: fit to be the members of one small set.</summary>
    public static IReadOnlyList<object> Short { get; } =
    [
        .. Integers.Distinct().Select(value => value.ToString(CultureInfo.InvariantCulture)),
        "",
        "text",
        "007",
        "-0",
        "1.5",
        new byte[] { 0 },
        new byte[] { 0xff, 0xfe, 0 },
        "line\r\nbreak",
        new string('s', 63),
    ];

    private static IEnumerable<long> Around(int bits)
    {
        var limit = 1L << bits;
        return [limit - 1, limit, -limit, -limit - 1, 1 - limit];
    }
}
