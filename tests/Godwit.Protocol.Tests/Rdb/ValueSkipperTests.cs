using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class ValueSkipperTests
{
    public static TheoryData<string> Samples => SampleValues.Names;

    [Theory]
    [MemberData(nameof(Samples))]
    public void TrySkip_BytesBehindTheValue_StandsAtItsEnd(string name)
    {
        var sample = SampleValues.Of(name);
        var cursor = new RdbCursor([.. sample.Bytes, 1, 2, 3]);

        ValueSkipper.TrySkip(ref cursor, sample.Type, sample.Version).ShouldBeTrue();

        cursor.Position.ShouldBe(sample.Bytes.Length);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void TrySkip_Truncated_StandsWhereItStood(string name)
    {
        var sample = SampleValues.Of(name);
        for (var length = 0; length < sample.Bytes.Length; length++)
        {
            var cursor = new RdbCursor(sample.Bytes.AsSpan(0, length));
            ValueSkipper.TrySkip(ref cursor, sample.Type, sample.Version).ShouldBeFalse();
            cursor.Position.ShouldBe(0);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void TryAdvance_MoreBytesAtATime_EndsAtTheSamePlace(string name)
    {
        var sample = SampleValues.Of(name);
        for (var step = 1; step <= sample.Bytes.Length; step++)
            SkipInSteps(sample, step).ShouldBe(sample.Bytes.Length);
    }

    [Fact]
    public void TryAdvance_HugeString_NeedsNoMoreThanItsHeader()
    {
        const long Size = 20_000_000_000;
        var skipper = default(ValueSkipper);
        skipper.Start(RdbType.Set, default);
        byte[] beginning = new RdbBytes().Length(2).Length((ulong)Size);
        var cursor = new RdbCursor(beginning);
        skipper.TryAdvance(ref cursor).ShouldBeFalse();

        var chunk = new byte[1 << 20];
        var passed = 0L;
        while (skipper.PendingBytes > 0)
        {
            cursor = new RdbCursor(chunk.AsSpan(0, (int)Math.Min(chunk.Length, skipper.PendingBytes)));
            skipper.TryAdvance(ref cursor).ShouldBeFalse();
            cursor.Remaining.ShouldBe(0);
            passed += cursor.Position;
        }

        passed.ShouldBe(Size);
        cursor = new RdbCursor([1, 42, 43]);
        skipper.TryAdvance(ref cursor).ShouldBeTrue();
        cursor.Position.ShouldBe(2);
    }

    [Fact]
    public void TryAdvance_ManyEmptyGroupsClaimed_AsksForMoreBytes()
    {
        var skipper = default(ValueSkipper);
        skipper.Start(RdbType.Stream3, default);
        byte[] value = new RdbBytes().Raw(0, 0, 0, 0, 0, 0, 0, 0, 0).Length(ulong.MaxValue);
        var cursor = new RdbCursor(value);

        skipper.TryAdvance(ref cursor).ShouldBeFalse();

        cursor.Remaining.ShouldBe(0);
    }

    [Theory]
    [InlineData(RdbType.Hash)]
    [InlineData(RdbType.Stream)]
    public void TryAdvance_CountThatCannotBe_Throws(RdbType type) =>
        Should.Throw<RdbFormatException>(() => Skip(type, new RdbBytes().Length(1UL << 63)));

    [Fact]
    public void TryAdvance_StringOfNoKnownForm_ThrowsWithItsOffset() =>
        Should
            .Throw<RdbFormatException>(() => Skip(RdbType.List, new RdbBytes().Length(2).String("a").Raw(0xC4)))
            .Offset.ShouldBe(1003);

    [Fact]
    public void TryAdvance_NothingBegun_Throws() =>
        Should.Throw<InvalidOperationException>(() =>
        {
            var cursor = new RdbCursor([0]);
            default(ValueSkipper).TryAdvance(ref cursor);
        });

    internal static int SkipInSteps(SampleValue sample, int step)
    {
        var skipper = default(ValueSkipper);
        skipper.Start(sample.Type, sample.Version);
        var passed = 0;
        for (var shown = Math.Min(step, sample.Bytes.Length); ; shown = Math.Min(shown + step, sample.Bytes.Length))
        {
            var cursor = new RdbCursor(sample.Bytes.AsSpan(passed, shown - passed), passed);
            var done = skipper.TryAdvance(ref cursor);
            passed += cursor.Position;
            if (done)
                return passed;
            if (shown == sample.Bytes.Length)
                return -1;
        }
    }

    private static void Skip(RdbType type, byte[] value)
    {
        var cursor = new RdbCursor(value, 1000);
        ValueSkipper.TrySkip(ref cursor, type, default);
    }
}
