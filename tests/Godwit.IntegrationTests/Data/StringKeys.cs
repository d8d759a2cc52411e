using System.Globalization;

namespace Godwit.IntegrationTests.Data;

/// <summary>Strings: every integer width, both sides of every length form, compressed and not.</summary>
internal static class StringKeys
{
    // Where an integer string changes its width in an RDB file (8, 16, 32 bits, then text), and the ends of a long.
    private static readonly long[] Integers =
    [
        0,
        1,
        12,
        13,
        127,
        128,
        255,
        256,
        32767,
        32768,
        65535,
        65536,
        int.MaxValue,
        int.MaxValue + 1L,
        uint.MaxValue,
        uint.MaxValue + 1L,
        long.MaxValue,
    ];

    // 20 and 21: the least that LZF is tried on; 44 and 45: embedded and raw; 63, 16383: 6- and 14-bit lengths.
    private static readonly int[] Lengths =
    [
        1,
        2,
        3,
        4,
        5,
        19,
        20,
        21,
        44,
        45,
        63,
        64,
        65,
        255,
        256,
        16383,
        16384,
        16385,
    ];

    public static void Add(DataWriter writer)
    {
        writer.Add("SET", "string:empty", "");
        foreach (var value in Integers)
        {
            writer.Add("SET", Name("integer", value), value);
            writer.Add("SET", Name("integer", -value), -value);
        }

        writer.Add("SET", "string:integer:least", long.MinValue);
        string[] almostIntegers =
        [
            "9223372036854775808",
            "007",
            "-0",
            "+1",
            " 1",
            "1 ",
            "0x10",
            "1e3",
            "3.14",
            "-1.5e-7",
            "nan",
            "inf",
        ];
        foreach (var text in almostIntegers)
            writer.Add("SET", "string:text:" + text, text);

        foreach (var length in Lengths)
        {
            writer.Add("SET", Name("noise", length), writer.Noise(length));
            writer.Add("SET", Name("prose", length), DataWriter.Prose(length));
        }

        writer.Add("SET", "string:100k:prose", DataWriter.Prose(100_000));
        writer.Add("SET", "string:100k:noise", writer.Noise(100_000));
        // Half and half: LZF's long back references next to literal runs.
        writer.Add("SET", "string:3M", (byte[])[.. DataWriter.Prose(1_500_000), .. writer.Noise(1_500_000)]);
        writer.Add("SET", "string:zeroes", new byte[70_000]);
        writer.Add("SETBIT", "string:bitmap", 100_000, 1);
        writer.Add("SETBIT", "string:bitmap", 7, 1);
        writer.Add("APPEND", "string:appended", "raw although short");
        writer.Add("SETRANGE", "string:padded", 10, "after ten zero bytes");
        writer.AddMany("PFADD", "string:hyperloglog:sparse", Elements(40));
        writer.AddMany("PFADD", "string:hyperloglog:dense", Elements(6000));
    }

    private static string Name(string what, long value) =>
        string.Create(CultureInfo.InvariantCulture, $"string:{what}:{value}");

    private static IEnumerable<object> Elements(int count) => Enumerable.Range(0, count).Select(i => (object)i);
}
