namespace Godwit.IntegrationTests.Data;

/// <summary>Key names that a careless program trips over.</summary>
internal static class KeyNames
{
    public static void Add(DataWriter writer)
    {
        byte[][] binary =
        [
            [.. Enumerable.Range(0, 256).Select(i => (byte)i)],
            [0],
            [0, 0, 0],
            "before\0after"u8.ToArray(),
            "\r\n"u8.ToArray(),
            "line\r\nbreak"u8.ToArray(),
            "$5\r\nhello\r\n"u8.ToArray(),
            [0xff],
            [0xc3, 0x28],
            // An encoded surrogate, an overlong slash, a sequence cut short: text to a careless decoder.
            [0xed, 0xa0, 0x80],
            [0xc0, 0xaf],
            [0xe2, 0x82],
            [0xef, 0xbb, 0xbf, .. "byte order mark"u8],
            // Hash tags: binary, one that ends with the name, one with another brace in it.
            [0xff, (byte)'{', 0, 0xfe, (byte)'}', 0],
            "tail{\0}"u8.ToArray(),
            "{{tag}}"u8.ToArray(),
            "grüße, 鹬, 🐦"u8.ToArray(),
            DataWriter.Prose(300),
            writer.Noise(300),
            writer.Noise(20_000),
        ];
        foreach (var name in binary)
            writer.Add("SET", name, "value");

        string[] texts =
        [
            "",
            " ",
            "\t",
            "12345",
            "-7",
            "0",
            "-129",
            "40000",
            "2147483648",
            "9223372036854775807",
            "{tag}key",
            "{tag}other key",
            "key of {tag}",
            "{}",
            "{}a",
            "{}{tag}",
            "{",
            "}{",
            "a{b",
            "a}b{c}",
            "a{b}c{d}",
            "a{b}}c",
            "\"quoted\"",
            "'single'",
            "back\\slash",
            "back\\x00slash",
            "*",
            "?[a-z]",
            "base64:",
            "base64:AAAA",
            "base64:not base64!",
            "null",
            "<script>&amp;",
            ":0:key",
            new('k', 63),
            new('k', 64),
            new('k', 16_384),
        ];
        foreach (var name in texts)
            writer.Add("SET", name, "value of " + (name.Length > 100 ? "a long name" : name));
    }
}
