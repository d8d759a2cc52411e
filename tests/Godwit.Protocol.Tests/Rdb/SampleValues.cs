using Godwit.Protocol.Rdb;
using Godwit.Protocol.Tests.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>A value of every type and of every form that is read differently.</summary>
internal static class SampleValues
{
    public const long Far = 4_102_444_800_123;

    /// <summary>"GodwitTst" and encoding version 3, as a module type's id.</summary>
    public static readonly ulong ModuleId = EncodeModuleId("GodwitTst", 3);

    public static readonly SampleValue[] All =
    [
        new("string", RdbType.String, new RdbBytes().String("hello"), "hello"),
        new("empty string", RdbType.String, new RdbBytes().String(""), "\"\""),
        new("string of 8 bits", RdbType.String, new RdbBytes().Raw(0xC0, 0x85), "-123"),
        new("string of 16 bits", RdbType.String, new RdbBytes().Raw(0xC1, 0x39, 0x30), "12345"),
        new("string of 32 bits", RdbType.String, new RdbBytes().Raw(0xC2, 0, 0, 0, 0x80), "-2147483648"),
        new("compressed string", RdbType.String, new RdbBytes().RunLzf((byte)'a', 60), new string('a', 60)),
        new("string of a 32-bit length", RdbType.String, new RdbBytes().Raw(0x80, 0, 0, 0, 2, 104, 105), "hi"),
        new("string of a 64-bit length", RdbType.String, new RdbBytes().Raw(0x81, 0, 0, 0, 0, 0, 0, 0, 1, 104), "h"),
        new(
            "string of a 14-bit length",
            RdbType.String,
            new RdbBytes().String(new string('x', 64)),
            new string('x', 64)
        ),
        new("list", RdbType.List, new RdbBytes().Length(3).Strings("b", "a").Raw(0xC0, 7), "b", "a", "7"),
        new("set", RdbType.Set, new RdbBytes().Length(2).Strings("b", "a"), "a", "b"),
        new("hash", RdbType.Hash, new RdbBytes().Length(2).Strings("f", "v", "g", ""), "f v -1", "g \"\" -1"),
        new(
            "sorted set of text scores",
            RdbType.SortedSetTextScores,
            new RdbBytes().Length(3).String("a").Raw(3).Raw("1.5"u8).String("b").Raw(254).String("c").Raw(255),
            $"a {Bits(1.5)}",
            $"b {Bits(double.PositiveInfinity)}",
            $"c {Bits(double.NegativeInfinity)}"
        ),
        new(
            "sorted set",
            RdbType.SortedSet,
            new RdbBytes().Length(2).String("a").Double(double.Epsilon).String("b").Double(-0.0),
            $"a {Bits(double.Epsilon)}",
            $"b {Bits(-0.0)}"
        ),
        new(
            "hash zipmap",
            RdbType.HashZipmap,
            new RdbBytes().String([2, 1, (byte)'f', 2, 1, (byte)'v', (byte)'w', 0, 1, (byte)'g', 0, 3, 9, 9, 9, 0xFF]),
            "f vw -1",
            "g \"\" -1"
        ),
        new("list ziplist", RdbType.ListZiplist, new RdbBytes().String(PackedBytes.Ziplist("b", "a")), "b", "a"),
        new("set intset 16", RdbType.SetIntset, new RdbBytes().String(PackedBytes.Intset(2, -3, 5)), "-3", "5"),
        new("set intset 32", RdbType.SetIntset, new RdbBytes().String(PackedBytes.Intset(4, -70000)), "-70000"),
        new(
            "set intset 64",
            RdbType.SetIntset,
            new RdbBytes().String(PackedBytes.Intset(8, long.MinValue, long.MaxValue)),
            "-9223372036854775808",
            "9223372036854775807"
        ),
        new(
            "sorted set ziplist",
            RdbType.SortedSetZiplist,
            new RdbBytes().String(PackedBytes.Ziplist("a", "-inf", "b", "2.25")),
            $"a {Bits(double.NegativeInfinity)}",
            $"b {Bits(2.25)}"
        ),
        new("hash ziplist", RdbType.HashZiplist, new RdbBytes().String(PackedBytes.Ziplist("f", "v")), "f v -1"),
        new(
            "list quicklist",
            RdbType.ListQuicklist,
            new RdbBytes().Length(2).String(PackedBytes.Ziplist("a", "b")).String(PackedBytes.Ziplist("c")),
            "a",
            "b",
            "c"
        ),
        new(
            "hash listpack",
            RdbType.HashListpack,
            new RdbBytes().String(PackedBytes.Listpack("f", 1, 2, "v")),
            "2 v -1",
            "f 1 -1"
        ),
        new(
            "sorted set listpack",
            RdbType.SortedSetListpack,
            new RdbBytes().String(PackedBytes.Listpack("a", -5, "b", "inf")),
            $"a {Bits(-5)}",
            $"b {Bits(double.PositiveInfinity)}"
        ),
        new(
            "list quicklist 2",
            RdbType.ListQuicklist2,
            new RdbBytes()
                .Length(3)
                .Raw(2)
                .String(PackedBytes.Listpack("a", 300))
                .Raw(1)
                .String("plain")
                .Raw(2)
                .String(PackedBytes.Listpack()),
            "a",
            "300",
            "plain"
        ),
        new("set listpack", RdbType.SetListpack, new RdbBytes().String(PackedBytes.Listpack("b", 1)), "1", "b"),
        new("module", RdbType.Module, ModuleValue(), $"GodwitTst 3 {RecordingSink.Escape(ModuleFields())}"),
        new(
            "hash with expiries",
            RdbType.HashWithExpiries,
            new RdbBytes()
                .Int64(Far)
                .Length(3)
                .Raw(0)
                .Strings("a", "1")
                .Raw(1)
                .Strings("b", "2")
                .Length(1001)
                .Strings("c", "3"),
            "a 1 -1",
            $"b 2 {Far}",
            $"c 3 {Far + 1000}"
        ),
        new(
            "hash listpack with expiries",
            RdbType.HashListpackWithExpiries,
            new RdbBytes().Int64(Far).String(PackedBytes.Listpack("a", "1", Far, "b", "2", 0)),
            $"a 1 {Far}",
            "b 2 -1"
        ),
        new(
            "hash with expiries, pre-release",
            RdbType.HashWithExpiries22,
            new RdbBytes().Length(2).Length((ulong)Far).Strings("a", "1").Raw(0).Strings("b", "2"),
            $"a 1 {Far}",
            "b 2 -1"
        ),
        new(
            "hash listpack with expiries, pre-release",
            RdbType.HashListpackWithExpiriesPreRelease,
            new RdbBytes().String(PackedBytes.Listpack("a", "1", Far)),
            $"a 1 {Far}"
        ),
        new(
            "hash with expiries of Valkey",
            RdbType.HashWithExpiries22,
            new RdbBytes().Length(2).Strings("a", "1").Int64(Far).Strings("b", "2").Int64(-1),
            $"a 1 {Far}",
            "b 2 -1"
        )
        {
            Version = new RdbVersion(RdbFamily.Valkey, RdbVersion.FirstValkey),
        },
        .. SampleStreams.All,
    ];

    public static TheoryData<string> Names => [.. All.Select(sample => sample.Name)];

    public static SampleValue Of(string name) =>
        All.Single(sample => string.Equals(sample.Name, name, StringComparison.Ordinal));

    public static byte[] ModuleFields() =>
        new RdbBytes()
            .Raw(1)
            .Length(70_000)
            .Raw(2, 5)
            .Raw(3, 0, 0, 0x80, 0x3F)
            .Raw(4)
            .Double(1.5)
            .Raw(5)
            .String("text")
            .Raw(0);

    private static byte[] ModuleValue() => new RdbBytes().Length(ModuleId).Raw(ModuleFields());

    private static string Bits(double value) => $"{BitConverter.DoubleToInt64Bits(value):x16}";

    private static ulong EncodeModuleId(string name, uint version)
    {
        const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return (name.Aggregate(0UL, (id, c) => (id << 6) | (uint)Characters.IndexOf(c, StringComparison.Ordinal)) << 10)
            | version;
    }
}
