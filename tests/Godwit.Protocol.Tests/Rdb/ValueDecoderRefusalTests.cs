using Godwit.Protocol.Rdb;
using Godwit.Protocol.Tests.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class ValueDecoderRefusalTests
{
    [Fact]
    public void Decode_ScoreThatIsNoNumber_Throws()
    {
        ValueDecoderTests
            .ShouldRefuse(RdbType.SortedSet, new RdbBytes().Length(1).String("a").Double(double.NaN))
            .Message.ShouldContain("score");
        ValueDecoderTests.ShouldRefuse(RdbType.SortedSetTextScores, new RdbBytes().Length(1).String("a").Raw(253));
        foreach (var text in new[] { "nan", "-nan", "x", "", "1.5x", "0x10" })
        {
            ValueDecoderTests
                .ShouldRefuse(RdbType.SortedSetTextScores, new RdbBytes().Length(1).Strings("a", text))
                .Message.ShouldContain("score");
            ValueDecoderTests
                .ShouldRefuse(RdbType.SortedSetListpack, new RdbBytes().String(PackedBytes.Listpack("a", text)))
                .Message.ShouldContain("score");
        }
    }

    [Fact]
    public void Decode_OddNumberOfElements_Throws()
    {
        var odd = new RdbBytes().String(PackedBytes.Listpack("a", "b", "c"));
        ValueDecoderTests.ShouldRefuse(RdbType.HashListpack, odd).Message.ShouldContain("no value");
        ValueDecoderTests
            .ShouldRefuse(RdbType.SortedSetListpack, new RdbBytes().String(PackedBytes.Listpack("a", 1, "c")))
            .Message.ShouldContain("no score");
        ValueDecoderTests
            .ShouldRefuse(
                RdbType.HashListpackWithExpiriesPreRelease,
                new RdbBytes().String(PackedBytes.Listpack("a", "b"))
            )
            .Message.ShouldContain("expiry");
        ValueDecoderTests.ShouldRefuse(RdbType.HashZiplist, new RdbBytes().String(PackedBytes.Ziplist("a")));
    }

    [Fact]
    public void Decode_FieldExpiryOutOfRange_Throws()
    {
        const long Last = 0xFFFF_FFFF_FFFF;
        foreach (var (minimum, ttl) in new[] { (Last, 2UL), (0, (ulong)Last + 2), (-1, 1UL), (long.MaxValue, 1UL) })
        {
            ValueDecoderTests.ShouldRefuse(
                RdbType.HashWithExpiries,
                new RdbBytes().Int64(minimum).Length(1).Length(ttl).Strings("f", "v")
            );
        }

        ValueDecoderTests.ShouldRefuse(
            RdbType.HashListpackWithExpiriesPreRelease,
            new RdbBytes().String(PackedBytes.Listpack("f", "v", Last + 1))
        );
        ValueDecoderTests.ShouldRefuse(
            RdbType.HashWithExpiries22,
            new RdbBytes().Length(1).Strings("f", "v").Int64(-2),
            new RdbVersion(RdbFamily.Valkey, 80)
        );
    }

    [Fact]
    public void Decode_HashWithoutAnyExpiry_IsRead()
    {
        // What the server writes as the earliest expiry of a hash whose fields have lost theirs.
        byte[] value = new RdbBytes().Int64(0x1_0000_0000_0000).Length(1).Raw(0).Strings("f", "v");
        var sink = new RecordingSink();
        using var decoder = new ValueDecoder();

        decoder.Decode(RdbType.HashWithExpiries, default, value, sink);

        sink.Lines.ShouldBe(["  f v -1"]);
    }

    [Fact]
    public void Decode_UnknownNodeKind_Throws() =>
        ValueDecoderTests
            .ShouldRefuse(RdbType.ListQuicklist2, new RdbBytes().Length(1).Raw(3).String("x"))
            .Message.ShouldContain("kind 3");

    [Fact]
    public void Decode_ModuleFieldOfUnknownKind_Throws() =>
        ValueDecoderTests
            .ShouldRefuse(RdbType.Module, new RdbBytes().Length(SampleValues.ModuleId).Raw(6, 0, 0))
            .Message.ShouldContain("kind 6");

    [Fact]
    public void Decode_ErrorInAPackedValue_NamesItsByte()
    {
        var listpack = PackedBytes.Listpack("a", "b", "c");
        listpack[9] = 0xF5;
        using var decoder = new ValueDecoder();

        // A byte of length, six of the listpack's header, three of its first element, and 1000 in front of all.
        Should
            .Throw<RdbFormatException>(() =>
                decoder.Decode(RdbType.SetListpack, default, new RdbBytes().String(listpack), new RecordingSink(), 1000)
            )
            .Offset.ShouldBe(1000 + 1 + 6 + 3);
    }
}
