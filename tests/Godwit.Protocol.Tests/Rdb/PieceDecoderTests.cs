using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Whatever the pieces, they give what the whole gives to a <see cref="ValueDecoder"/>.</summary>
public sealed class PieceDecoderTests
{
    private const int Rounds = 150;

    public static TheoryData<string> Samples => SampleValues.Names;

    public static TheoryData<string> Files => ["redis-6.0", "redis-7.0", "redis-8.0", "valkey-8.1", "valkey-9.1"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Add_PiecesOfEverySize_GivesTheElements(string name)
    {
        var sample = SampleValues.Of(name);
        using var decoder = new PieceDecoder();
        for (var size = 1; size <= sample.Bytes.Length; size++)
        {
            var sink = new RecordingSink();
            Decode(decoder, sample, () => size, sink);
            sink.Lines.ShouldBe(sample.Elements.Select(element => "  " + element), $"pieces of {size}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void End_EveryTruncation_Throws(string name)
    {
        var sample = SampleValues.Of(name);
        using var decoder = new PieceDecoder();
        for (var length = 0; length < sample.Bytes.Length; length++)
        {
            var cut = sample with { Bytes = sample.Bytes[..length] };
            foreach (var size in new[] { 1, 3, length + 1 })
                Should.Throw<RdbFormatException>(() => Decode(decoder, cut, () => size, new NullSink()));
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Add_TrailingByte_ThrowsWithItsOffset(string name)
    {
        var sample = SampleValues.Of(name);
        var longer = sample with { Bytes = [.. sample.Bytes, 0] };
        using var decoder = new PieceDecoder();
        foreach (var size in new[] { 1, 2, 5, longer.Bytes.Length })
        {
            var error = Should.Throw<RdbFormatException>(() => Decode(decoder, longer, () => size, new NullSink()));
            error.Offset.ShouldBe(sample.Bytes.Length, $"pieces of {size}");
            error.Message.ShouldContain("before its bytes do");
        }
    }

    [Fact]
    public void Add_EmptyPieces_ChangeNothing()
    {
        using var decoder = new PieceDecoder();
        foreach (var sample in SampleValues.All)
        {
            var sink = new RecordingSink();
            decoder.Start(sample.Type, sample.Version);
            decoder.Add([], sink);
            foreach (var value in sample.Bytes)
            {
                decoder.Add([value], sink);
                decoder.Add([], sink);
            }

            decoder.End();
            sink.Lines.ShouldBe(sample.Elements.Select(element => "  " + element), sample.Name);
        }
    }

    [Fact]
    public void Start_AfterABrokenValue_BeginsAnew()
    {
        using var decoder = new PieceDecoder();
        foreach (var broken in SampleValues.All)
        {
            decoder.Start(broken.Type, broken.Version);
            decoder.Add(broken.Bytes.AsSpan(0, broken.Bytes.Length / 2), new NullSink());
            var sample = SampleValues.Of("sorted set");
            var sink = new RecordingSink();
            Decode(decoder, sample, () => 4, sink);
            sink.Lines.ShouldBe(sample.Elements.Select(element => "  " + element), broken.Name);
        }
    }

    [Fact]
    public void Add_Mutated_EndsAsTheWholeDoes()
    {
        using var whole = new ValueDecoder();
        using var pieces = new PieceDecoder();
        var refused = 0;
        foreach (var sample in SampleValues.All)
        {
            var random = new Random(sample.Name.Length * 5);
            for (var round = 0; round < Rounds; round++)
            {
                var mutated = sample with { Bytes = MutationTests.Mutate(sample.Bytes, random) };
                var (expected, actual) = (new RecordingSink(), new RecordingSink());
                var isValue = MutationTests.Try(() =>
                    whole.Decode(mutated.Type, mutated.Version, mutated.Bytes, expected)
                );

                MutationTests
                    .Try(() => Decode(pieces, mutated, () => random.Next(1, 9), actual))
                    .ShouldBe(isValue, $"{sample.Name}: {Convert.ToHexString(mutated.Bytes)}");

                if (isValue)
                    actual.Lines.ShouldBe(expected.Lines);
                refused += isValue ? 0 : 1;
            }
        }

        refused.ShouldBeInRange(SampleValues.All.Length * Rounds / 3, (SampleValues.All.Length * Rounds) - 1);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Add_ValuesOfAServersFile_GivesTheElements(string name)
    {
        var file = ServerFileTests.Load(name + ".rdb");
        using var reader = new RdbReader();
        using var whole = new ValueDecoder();
        using var pieces = new PieceDecoder();
        var random = new Random(3);
        var position = 0;
        while (!reader.Ended)
        {
            reader.TryRead(file, ref position, out var item).ShouldBeTrue();
            if (item.Kind != RdbItemKind.Entry)
                continue;

            var sample = new SampleValue("", item.Type, item.Value(file).ToArray()) { Version = reader.Version };
            var expected = new RecordingSink();
            whole.Decode(sample.Type, sample.Version, sample.Bytes, expected);
            foreach (var most in new[] { 2, 50, 5000 })
            {
                var actual = new RecordingSink();
                Decode(pieces, sample, () => random.Next(1, most), actual);
                actual.Lines.ShouldBe(expected.Lines, RecordingSink.Escape(item.Key(file)));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Add_LongString_IsPassedOnAsItComes(bool isCompressed)
    {
        const int Length = 1_000_000;
        var random = new Random(11);
        var text = LzfCompressor.Repetitive(Length, random);
        var compressed = LzfCompressor.Compress(text, random);
        byte[] value = isCompressed
            ? new RdbBytes().Raw(0xC3).Length((ulong)compressed.Length).Length(Length).Raw(compressed)
            : new RdbBytes().String(text);
        var sink = new StringSink();
        using var decoder = new PieceDecoder();

        Decode(decoder, new SampleValue("", RdbType.String, value), () => 1000, sink);

        sink.Bytes.ToArray().AsSpan().SequenceEqual(text).ShouldBeTrue();
        sink.LongestPart.ShouldBeLessThan(200_000);
    }

    // Neither count nor length is believed before its bytes are there.
    [Fact]
    public void Add_LengthsThatAreNotThere_AllocatesByWhatIsThere()
    {
        byte[][] values =
        [
            new RdbBytes().Length(long.MaxValue).Raw(new byte[1000]),
            new RdbBytes().Length(1000).Length(int.MaxValue / 2).Raw(new byte[1000]),
            new RdbBytes().Raw(0xC3).Length(int.MaxValue / 2).Length(int.MaxValue / 2).Raw(new byte[1000]),
        ];
        foreach (var value in values)
        {
            foreach (var type in new[] { RdbType.String, RdbType.List, RdbType.Hash, RdbType.ListQuicklist2 })
            {
                using var decoder = new PieceDecoder();
                var before = GC.GetAllocatedBytesForCurrentThread();
                Should.Throw<RdbFormatException>(() =>
                    Decode(decoder, new SampleValue("", type, value), () => 100, new NullSink())
                );
                (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
            }
        }
    }

    private static void Decode(PieceDecoder decoder, SampleValue sample, Func<int> nextSize, IValueSink sink)
    {
        decoder.Start(sample.Type, sample.Version);
        for (var at = 0; at < sample.Bytes.Length; )
        {
            var size = Math.Min(nextSize(), sample.Bytes.Length - at);
            decoder.Add(sample.Bytes.AsSpan(at, size), sink);
            at += size;
        }

        decoder.End();
    }
}
