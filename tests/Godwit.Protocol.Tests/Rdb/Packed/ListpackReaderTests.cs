using Godwit.Protocol.Rdb;
using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb.Packed;

public sealed class ListpackReaderTests
{
    [Theory]
    [InlineData(new byte[] { 0x00 }, "0")]
    [InlineData(new byte[] { 0x7F }, "127")]
    [InlineData(new byte[] { 0xC0, 0x80 }, "128")]
    [InlineData(new byte[] { 0xCF, 0xFF }, "4095")]
    [InlineData(new byte[] { 0xD0, 0x00 }, "-4096")]
    [InlineData(new byte[] { 0xDF, 0xFF }, "-1")]
    [InlineData(new byte[] { 0xF1, 0x00, 0x80 }, "-32768")]
    [InlineData(new byte[] { 0xF1, 0xFF, 0x7F }, "32767")]
    [InlineData(new byte[] { 0xF2, 0x00, 0x00, 0x80 }, "-8388608")]
    [InlineData(new byte[] { 0xF2, 0xFF, 0xFF, 0x7F }, "8388607")]
    [InlineData(new byte[] { 0xF3, 0x00, 0x00, 0x00, 0x80 }, "-2147483648")]
    [InlineData(new byte[] { 0xF4, 0, 0, 0, 0, 0, 0, 0, 0x80 }, "-9223372036854775808")]
    [InlineData(new byte[] { 0xF4, 255, 255, 255, 255, 255, 255, 255, 0x7F }, "9223372036854775807")]
    [InlineData(new byte[] { 0x80 }, "\"\"")]
    [InlineData(new byte[] { 0x82, 48, 49 }, "01")]
    [InlineData(new byte[] { 0xE0, 1, 97 }, "a")]
    [InlineData(new byte[] { 0xF0, 1, 0, 0, 0, 97 }, "a")]
    public void TryRead_EachEncoding_GivesTheText(byte[] element, string expected) =>
        Read(PackedBytes.ListpackOf(element, [5])).ShouldBe([expected, "5"]);

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(16_376)]
    [InlineData(16_377)]
    [InlineData(16_378)]
    [InlineData(16_379)]
    [InlineData(100_000)]
    public void TryRead_StringOfEachLengthForm_GivesItWhole(int length)
    {
        var text = new string('x', length);
        Read(PackedBytes.Listpack(text, 1))
            .ShouldBe([RecordingSink.Escape(System.Text.Encoding.Latin1.GetBytes(text)), "1"]);
    }

    [Fact]
    public void TryRead_CountNotKnown_ReadsToTheEnd()
    {
        var listpack = PackedBytes.Listpack("a", "b");
        listpack[4] = listpack[5] = 0xFF;
        Read(listpack).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void TryRead_AnyByteOfTheFrameChanged_Throws()
    {
        var listpack = PackedBytes.Listpack("abc", 1000);

        // Total size, count, the lengths behind both elements, and the end.
        foreach (var index in new[] { 0, 1, 2, 3, 4, 5, 10, 13, 14 })
        {
            var damaged = (byte[])listpack.Clone();
            damaged[index] ^= 1;
            Should.Throw<RdbFormatException>(() => Read(damaged));
        }
    }

    [Fact]
    public void TryRead_BytesBehindTheEnd_Throws()
    {
        byte[] longer = [.. PackedBytes.Listpack("abc"), 0];
        longer[0]++;
        Should.Throw<RdbFormatException>(() => Read(longer)).Message.ShouldContain("before its bytes do");
    }

    [Theory]
    [InlineData(new byte[] { 0xF5, 1 })]
    [InlineData(new byte[] { 0x85, 97, 2 })]
    [InlineData(new byte[] { 0xE0, 200, 97, 3 })]
    [InlineData(new byte[] { 0xF0, 255, 255, 255, 255, 97, 6 })]
    [InlineData(new byte[] { 0xF0, 255, 255, 255, 127, 97, 6 })]
    [InlineData(new byte[] { 0xF4, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0xC0 })]
    [InlineData(new byte[] { 0xE0 })]
    [InlineData(new byte[] { 0xF0, 0 })]
    public void TryRead_ElementBeyondTheEnd_Throws(byte[] body)
    {
        byte[] listpack = [(byte)(6 + body.Length), 0, 0, 0, 1, 0, .. body];
        Should.Throw<RdbFormatException>(() => Read(listpack));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 6, 0, 0, 0, 0, 0 })]
    public void Constructor_TooShort_Throws(byte[] blob) => Should.Throw<RdbFormatException>(() => Read(blob));

    private static List<string> Read(byte[] blob)
    {
        var reader = new ListpackReader(blob, new BlobPosition(0, IsInPlace: true));
        return PackedReading.ReadAll(ref reader);
    }
}
