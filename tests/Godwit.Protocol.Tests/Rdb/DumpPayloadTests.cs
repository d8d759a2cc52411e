using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class DumpPayloadTests
{
    /// <summary>Redis 8.0's DUMP of a hash with two fields and no expiry left.</summary>
    private static readonly byte[] Redis8 = Convert.FromHexString(
        "197bd8c32cbb0300001717000000060081630281640200018161028162020001ff0c00c4bc8b4a348223fc"
    );

    /// <summary>Valkey 9.1's DUMP of a hash with field expiries.</summary>
    private static readonly byte[] Valkey9 = Convert.FromHexString(
        "16060266300276307bd8c32cbb0300000266310276317b047584c2030000026632027632ffffffffffffffff02663302763333e4c32c"
            + "bb030000026634027634ffffffffffffffff026635027635ffffffffffffffff50005a6183f70f40ff48"
    );

    [Fact]
    public void Read_PayloadOfRedis_GivesItsParts()
    {
        DumpPayload.Read(Redis8, out var type, out var version, out var value);

        type.ShouldBe(RdbType.HashListpackWithExpiries);
        version.ShouldBe(new RdbVersion(RdbFamily.Redis, 12));
        Decode(type, version, value).ShouldBe(["  a b -1", "  c d -1"]);
    }

    [Fact]
    public void Read_PayloadOfValkey_GivesItsParts()
    {
        DumpPayload.Read(Valkey9, out var type, out var version, out var value);

        type.ShouldBe(RdbType.HashWithExpiries22);
        version.ShouldBe(new RdbVersion(RdbFamily.Valkey, 80));
        Decode(type, version, value)
            .ShouldBe([
                "  f0 v0 4102444800123",
                "  f1 v1 4133980800123",
                "  f2 v2 -1",
                "  f3 v3 4102444803123",
                "  f4 v4 -1",
                "  f5 v5 -1",
            ]);
    }

    [Fact]
    public void Read_AnyBitFlipped_Throws()
    {
        for (var bit = 0; bit < Redis8.Length * 8; bit++)
        {
            var damaged = (byte[])Redis8.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<RdbFormatException>(() => DumpPayload.Read(damaged, out _, out _, out _));
        }
    }

    [Fact]
    public void Read_ChecksumOfZero_Throws()
    {
        byte[] unsigned = [.. Redis8[..^8], 0, 0, 0, 0, 0, 0, 0, 0];
        Should
            .Throw<RdbFormatException>(() => DumpPayload.Read(unsigned, out _, out _, out _))
            .Offset.ShouldBe(Redis8.Length - 8);
    }

    [Fact]
    public void Read_TooShort_Throws()
    {
        for (var length = 0; length <= DumpPayload.FooterLength; length++)
        {
            var payload = new byte[length];
            Should.Throw<RdbFormatException>(() => DumpPayload.Read(payload, out _, out _, out _));
        }
    }

    [Fact]
    public void WriteFooter_ValueOfAServer_GivesTheServersOwn()
    {
        var footer = new byte[DumpPayload.FooterLength];
        var crc = DumpPayload.Sign(RdbType.HashListpackWithExpiries, Redis8.AsSpan()[1..^10], 12);

        DumpPayload.WriteFooter(footer, 12, crc);

        footer.ShouldBe(Redis8[^10..]);
    }

    private static IReadOnlyList<string> Decode(RdbType type, RdbVersion version, ReadOnlySpan<byte> value)
    {
        var sink = new RecordingSink();
        using var decoder = new ValueDecoder();
        decoder.Decode(type, version, value, sink);
        return sink.Lines;
    }
}
