using Godwit.Protocol.Rdb;
using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb.Packed;

public sealed class ZiplistReaderTests
{
    [Theory]
    [InlineData(new byte[] { 0x00 }, "\"\"")]
    [InlineData(new byte[] { 0x01, 97 }, "a")]
    [InlineData(new byte[] { 0x40, 1, 97 }, "a")]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 1, 97 }, "a")]
    [InlineData(new byte[] { 0xC0, 0x00, 0x80 }, "-32768")]
    [InlineData(new byte[] { 0xD0, 0xFF, 0xFF, 0xFF, 0x7F }, "2147483647")]
    [InlineData(new byte[] { 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80 }, "-9223372036854775808")]
    [InlineData(new byte[] { 0xF0, 0x00, 0x00, 0x80 }, "-8388608")]
    [InlineData(new byte[] { 0xFE, 0x80 }, "-128")]
    [InlineData(new byte[] { 0xF1 }, "0")]
    [InlineData(new byte[] { 0xFD }, "12")]
    public void TryRead_EachEncoding_GivesTheText(byte[] element, string expected) =>
        Read(PackedBytes.ZiplistOf(element, [0xF6])).ShouldBe([expected, "5"]);

    [Theory]
    [InlineData(250)]
    [InlineData(251)]
    [InlineData(252)]
    [InlineData(16_383)]
    public void TryRead_LongElementBefore_ReadsTheWideLength(int length)
    {
        byte[] element = [(byte)(0x40 | (length >> 8)), (byte)length, .. Enumerable.Repeat((byte)'x', length)];
        Read(PackedBytes.ZiplistOf(element, [0xF6])).Count.ShouldBe(2);
    }

    [Fact]
    public void TryRead_ShortLengthInWideForm_IsRead()
    {
        // A ziplist keeps the five bytes when the element before becomes short.
        var body = new byte[] { 0, 1, 97, 0xFE, 3, 0, 0, 0, 1, 98 };
        byte[] ziplist = [21, 0, 0, 0, 13, 0, 0, 0, 2, 0, .. body, 0xFF];
        Read(ziplist).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void TryRead_CountNotKnown_ReadsToTheEnd()
    {
        var ziplist = PackedBytes.Ziplist("a", "b");
        ziplist[8] = ziplist[9] = 0xFF;
        Read(ziplist).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void TryRead_AnyByteOfTheFrameChanged_Throws()
    {
        var ziplist = PackedBytes.Ziplist("abc", "d");

        // Total size, tail, count, both lengths of the element before, and the end.
        foreach (var index in new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 18 })
        {
            var damaged = (byte[])ziplist.Clone();
            damaged[index] ^= 1;
            Should.Throw<RdbFormatException>(() => Read(damaged));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 0xC1 })]
    [InlineData(new byte[] { 0, 0xFF })]
    [InlineData(new byte[] { 0, 5, 97 })]
    [InlineData(new byte[] { 0, 0x40 })]
    [InlineData(new byte[] { 0, 0x80, 255, 255, 255, 255 })]
    [InlineData(new byte[] { 0, 0x80, 127, 255, 255, 255 })]
    [InlineData(new byte[] { 0, 0xE0, 1, 2 })]
    [InlineData(new byte[] { 0xFE, 0, 0 })]
    [InlineData(new byte[] { 0 })]
    public void TryRead_ElementBeyondTheEnd_Throws(byte[] body)
    {
        byte[] ziplist = [(byte)(10 + body.Length), 0, 0, 0, 10, 0, 0, 0, 1, 0, .. body];
        Should.Throw<RdbFormatException>(() => Read(ziplist));
    }

    private static List<string> Read(byte[] blob)
    {
        var reader = new ZiplistReader(blob, new BlobPosition(0, IsInPlace: true));
        return PackedReading.ReadAll(ref reader);
    }
}
