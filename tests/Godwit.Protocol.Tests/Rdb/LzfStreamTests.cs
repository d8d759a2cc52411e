using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class LzfStreamTests
{
    private const int FarthestBack = 8192;

    // More than the stream holds of its output, so that it turns over twice.
    private const int Long = 400_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(33)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(int.MaxValue)]
    public void Decompress_InPieces_GivesWhatTheWholeGives(int step)
    {
        var random = new Random(step);
        var original = LzfCompressor.Repetitive(Long, random);
        var compressed = LzfCompressor.Compress(original, random);
        compressed.Length.ShouldBeLessThan(Long * 2 / 3);
        var whole = new byte[Long];
        Lzf.TryDecompress(compressed, whole).ShouldBeTrue();
        whole.AsSpan().SequenceEqual(original).ShouldBeTrue();

        var (output, canEnd, used) = Decompress(compressed, () => step);

        output.AsSpan().SequenceEqual(original).ShouldBeTrue();
        canEnd.ShouldBeTrue();
        used.ShouldBe(compressed.Length);
    }

    [Fact]
    public void Decompress_RandomPieces_GivesWhatTheWholeGives()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var original = LzfCompressor.Repetitive(random.Next(20_000), random);
            var compressed = LzfCompressor.Compress(original, random);

            var (output, canEnd, used) = Decompress(compressed, () => random.Next(1, 400));

            output.AsSpan().SequenceEqual(original).ShouldBeTrue($"seed {seed}");
            (canEnd, used).ShouldBe((true, compressed.Length));
        }
    }

    // The window is kept whole when the output turns over, wherever that happens.
    [Fact]
    public void Decompress_CopiesFromFarthestBackThroughout_GivesTheText()
    {
        var original = new byte[Long];
        new Random(7).NextBytes(original.AsSpan(0, FarthestBack));
        for (var i = FarthestBack; i < Long; i++)
            original[i] = original[i - FarthestBack];
        var compressed = new List<byte>();
        foreach (var chunk in original[..FarthestBack].Chunk(32))
            compressed.AddRange([31, .. chunk]);
        var produced = FarthestBack;
        for (; produced + 264 <= Long; produced += 264)
            compressed.AddRange([0xFF, 255, 0xFF]);

        var (output, _, _) = Decompress([.. compressed], () => 1000);

        output.AsSpan().SequenceEqual(original.AsSpan(0, produced)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 0 })]
    [InlineData(new byte[] { 0, 97, 0x20, 1 })]
    [InlineData(new byte[] { 0, 97, 0x3F, 255 })]
    [InlineData(new byte[] { 0xFF, 255, 255 })]
    public void Decompress_CopyFromBeforeTheBeginning_Throws(byte[] compressed)
    {
        Should.Throw<RdbFormatException>(() => Decompress(compressed, () => 1));
        Should.Throw<RdbFormatException>(() => Decompress(compressed, () => compressed.Length));
    }

    [Fact]
    public void Decompress_RandomInput_AgreesWithTheWhole()
    {
        var random = new Random(21);
        var malformed = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var compressed = new byte[random.Next(40)];
            random.NextBytes(compressed);
            for (var i = 0; i < compressed.Length; i++)
                compressed[i] &= (byte)(random.Next(2) == 0 ? 0x27 : 0xFF);

            var length = Lzf.MeasureDecompressed(compressed);
            int produced;
            try
            {
                var (output, canEnd, used) = Decompress(compressed, () => random.Next(1, 5));
                produced = canEnd && used == compressed.Length ? output.Length : -1;
            }
            catch (RdbFormatException)
            {
                produced = -1;
            }

            produced.ShouldBe(length, Convert.ToHexString(compressed));
            malformed += length < 0 ? 1 : 0;
        }

        malformed.ShouldBeInRange(1000, 19_900);
    }

    private static (byte[] Output, bool CanEnd, int Used) Decompress(byte[] compressed, Func<int> nextStep)
    {
        using var stream = new LzfStream();
        var sink = new StringSink();
        var used = 0;
        for (var shown = 0; shown < compressed.Length; )
        {
            shown = (int)Math.Min(shown + (long)nextStep(), compressed.Length);
            used += stream.Decompress(compressed.AsSpan(used..shown), used, sink);
            (shown - used).ShouldBeLessThan(3);
        }

        stream.Produced.ShouldBe(sink.Bytes.Count);
        return ([.. sink.Bytes], stream.CanEnd, used);
    }
}
