using Godwit.Protocol.Rdb;
using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb.Packed;

public sealed class ZipmapReaderTests
{
    [Fact]
    public void TryRead_WideLengths_GivesTheTexts()
    {
        var field = Enumerable.Repeat((byte)'f', 253);
        var value = Enumerable.Repeat((byte)'v', 300);
        byte[] zipmap = [1, 253, .. field, 0xFE, 44, 1, 0, 0, 2, .. value, 0, 0, 0xFF];
        Read(zipmap).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(254)]
    [InlineData(255)]
    public void TryRead_CountNotKnown_ReadsToTheEnd(byte count) =>
        Read([count, 1, 97, 1, 0, 98, 0xFF]).ShouldBe(["a", "b"]);

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 2, 1, 97, 1, 0, 98, 0xFF })]
    [InlineData(new byte[] { 1, 1, 97, 0xFF })]
    [InlineData(new byte[] { 1, 1, 97 })]
    [InlineData(new byte[] { 1, 1, 97, 1 })]
    [InlineData(new byte[] { 1, 1, 97, 1, 9, 98, 0xFF })]
    [InlineData(new byte[] { 1, 1, 97, 1, 0, 98 })]
    [InlineData(new byte[] { 1, 1, 97, 1, 0, 98, 0xFF, 0 })]
    [InlineData(new byte[] { 1, 0xFE, 255, 255, 255, 255, 97, 0xFF })]
    [InlineData(new byte[] { 1, 0xFE, 1, 0 })]
    public void TryRead_Malformed_Throws(byte[] zipmap) => Should.Throw<RdbFormatException>(() => Read(zipmap));

    private static List<string> Read(byte[] blob)
    {
        var reader = new ZipmapReader(blob, new BlobPosition(0, IsInPlace: true));
        return PackedReading.ReadAll(ref reader);
    }
}
