using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class LzfTests
{
    [Theory]
    [InlineData(new byte[0], "")]
    [InlineData(new byte[] { 0, 97 }, "a")]
    [InlineData(new byte[] { 2, 97, 98, 99, 0x20, 2 }, "abcabc")]
    [InlineData(new byte[] { 1, 97, 98, 0x60, 1 }, "abababa")]
    [InlineData(new byte[] { 0, 97, 0xE0, 1, 0 }, "aaaaaaaaaaa")]
    public void TryDecompress_WellFormed_GivesTheText(byte[] compressed, string text)
    {
        Lzf.MeasureDecompressed(compressed).ShouldBe(text.Length);
        var output = new byte[text.Length];
        Lzf.TryDecompress(compressed, output).ShouldBeTrue();
        System.Text.Encoding.Latin1.GetString(output).ShouldBe(text);
    }

    [Fact]
    public void TryDecompress_LongestCopyFromFarthestBack_GivesTheText()
    {
        var literals = Enumerable.Range(0, 8192).Select(i => (byte)(i * 7 / 3)).ToArray();
        byte[] compressed = [.. literals.Chunk(32).SelectMany(chunk => chunk.Prepend((byte)31)), 0xFF, 255, 0xFF];
        var output = new byte[8192 + 264];

        Lzf.MeasureDecompressed(compressed).ShouldBe(output.Length);
        Lzf.TryDecompress(compressed, output).ShouldBeTrue();

        output.AsSpan(0, 8192).SequenceEqual(literals).ShouldBeTrue();
        output.AsSpan(8192).SequenceEqual(literals.AsSpan(0, 264)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(new byte[] { 3, 97 })]
    [InlineData(new byte[] { 0x20 })]
    [InlineData(new byte[] { 0xE0 })]
    [InlineData(new byte[] { 0xE0, 1 })]
    [InlineData(new byte[] { 0x20, 0 })]
    [InlineData(new byte[] { 0, 97, 0x20, 1 })]
    [InlineData(new byte[] { 0, 97, 0x3F, 255 })]
    public void MeasureDecompressed_Malformed_GivesMinusOne(byte[] compressed)
    {
        Lzf.MeasureDecompressed(compressed).ShouldBe(-1);
        for (var length = 0; length < 16; length++)
            Lzf.TryDecompress(compressed, new byte[length]).ShouldBeFalse();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(0)]
    public void TryDecompress_OutputOfAnotherLength_IsRefused(int length) =>
        Lzf.TryDecompress([2, 97, 98, 99, 0x20, 2], new byte[length]).ShouldBeFalse();

    [Fact]
    public void TryDecompress_RandomInput_AgreesWithMeasure()
    {
        var random = new Random(20);
        for (var round = 0; round < 20_000; round++)
        {
            var compressed = new byte[random.Next(40)];
            random.NextBytes(compressed);
            for (var i = 0; i < compressed.Length; i++)
                compressed[i] &= (byte)(random.Next(2) == 0 ? 0x27 : 0xFF);

            var length = Lzf.MeasureDecompressed(compressed);
            var output = new byte[Math.Max(length, 0)];
            Lzf.TryDecompress(compressed, output).ShouldBe(length >= 0);
        }
    }
}
