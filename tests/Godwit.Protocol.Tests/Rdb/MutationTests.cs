using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Damaged input ends in a value or in one clear error: no other exception, no end of memory, no hang.</summary>
public sealed class MutationTests
{
    private const int Rounds = 400;

    /// <summary>What LZF can make of a byte, 264 out of 3, and what one call costs anyhow.</summary>
    private const int LargestGrowth = 88;
    private const int Overhead = 200_000;

    [Fact]
    public void Decode_MutatedSample_EndsInElementsOrInAFormatError()
    {
        using var decoder = new ValueDecoder();
        var refused = 0;
        foreach (var sample in SampleValues.All)
        {
            var random = new Random(sample.Name.Length);
            for (var round = 0; round < Rounds; round++)
            {
                var bytes = Mutate(sample.Bytes, random);
                refused += Run(bytes, () => decoder.Decode(sample.Type, sample.Version, bytes, new NullSink())) ? 0 : 1;
                Run(bytes, () => ValueSkipperTests.SkipInSteps(sample with { Bytes = [.. bytes, .. new byte[64]] }, 7));
            }
        }

        refused.ShouldBeInRange(SampleValues.All.Length * Rounds / 3, (SampleValues.All.Length * Rounds) - 1);
    }

    [Fact]
    public void Decode_MutatedSampleInSteps_GivesWhatItGivesWhole()
    {
        using var decoder = new ValueDecoder();
        foreach (var sample in SampleValues.All)
        {
            var random = new Random(sample.Name.Length * 3);
            for (var round = 0; round < Rounds / 4; round++)
            {
                var mutated = sample with { Bytes = Mutate(sample.Bytes, random) };
                var whole = new RecordingSink();
                if (!Try(() => decoder.Decode(mutated.Type, mutated.Version, mutated.Bytes, whole)))
                    continue;
                var steps = new RecordingSink();
                ValueDecoderTests
                    .DecodeInSteps(decoder, mutated, 1 + (round % 5), steps)
                    .ShouldBe(mutated.Bytes.Length);
                steps.Lines.ShouldBe(whole.Lines);
            }
        }
    }

    [Theory]
    [InlineData(RdbFamily.Redis)]
    [InlineData(RdbFamily.Valkey)]
    public void TryRead_MutatedFile_EndsInItemsOrInAFormatError(RdbFamily family)
    {
        var file = RdbFile.WithEverything(family);
        var random = new Random(1);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(file, random);
            Run(bytes, () => Consume(bytes));
        }
    }

    private static void Consume(byte[] file)
    {
        using var reader = new RdbReader();
        using var decoder = new ValueDecoder();
        var position = 0;
        while (!reader.Ended && reader.TryRead(file, ref position, out var item))
        {
            if (item.Kind == RdbItemKind.Entry)
                decoder.Decode(item.Type, reader.Version, item.Value(file), new NullSink());
        }
    }

    /// <summary>True if it ran to its end, false if it ended in the one exception that it may.</summary>
    private static bool Run(byte[] input, Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var ran = Try(action);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan((input.Length * LargestGrowth) + Overhead);
        return ran;
    }

    internal static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (RdbFormatException)
        {
            return false;
        }
    }

    internal static byte[] Mutate(byte[] bytes, Random random)
    {
        var mutated = bytes.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && mutated.Count > 0; changes--)
        {
            var index = random.Next(mutated.Count);
            switch (random.Next(5))
            {
                case 0:
                    mutated[index] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutated[index] = (byte)random.Next(256);
                    break;
                case 2:
                    mutated[index] = (byte)(0x7F + (random.Next(2) * 0x80));
                    break;
                case 3:
                    mutated.RemoveRange(index, Math.Min(random.Next(1, 4), mutated.Count - index));
                    break;
                default:
                    mutated.InsertRange(
                        index,
                        new byte[] { 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }[..random.Next(1, 8)]
                    );
                    break;
            }
        }

        return [.. mutated];
    }
}
