using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class ValueDecoderTests
{
    public static TheoryData<string> Samples => SampleValues.Names;

    [Theory]
    [MemberData(nameof(Samples))]
    public void Decode_Sample_GivesItsElements(string name)
    {
        var sample = SampleValues.Of(name);
        var sink = new RecordingSink();
        using var decoder = new ValueDecoder();

        decoder.Decode(sample.Type, sample.Version, sample.Bytes, sink);

        sink.Lines.ShouldBe(sample.Elements.Select(element => "  " + element));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void TryAdvance_MoreBytesAtATime_GivesTheSame(string name)
    {
        var sample = SampleValues.Of(name);
        using var decoder = new ValueDecoder();
        for (var step = 1; step <= sample.Bytes.Length; step++)
        {
            var sink = new RecordingSink();
            DecodeInSteps(decoder, sample, step, sink).ShouldBe(sample.Bytes.Length);
            sink.Lines.ShouldBe(sample.Elements.Select(element => "  " + element));
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Decode_Truncated_Throws(string name)
    {
        var sample = SampleValues.Of(name);
        using var decoder = new ValueDecoder();
        for (var length = 0; length < sample.Bytes.Length; length++)
        {
            var bytes = sample.Bytes[..length];
            Should.Throw<RdbFormatException>(() =>
                decoder.Decode(sample.Type, sample.Version, bytes, new RecordingSink())
            );
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Decode_TrailingByte_ThrowsWithItsOffset(string name)
    {
        var sample = SampleValues.Of(name);
        using var decoder = new ValueDecoder();

        var error = Should.Throw<RdbFormatException>(() =>
            decoder.Decode(sample.Type, sample.Version, [.. sample.Bytes, 0], new RecordingSink(), 1000)
        );

        error.Offset.ShouldBe(1000 + sample.Bytes.Length);
    }

    [Fact]
    public void TryAdvance_LongList_PassesWhatItHasGiven()
    {
        var bytes = new RdbBytes().Length(1000);
        for (var i = 0; i < 1000; i++)
            bytes.String($"element {i}");
        byte[] value = bytes;
        using var decoder = new ValueDecoder();
        decoder.Start(RdbType.List, new RdbVersion(RdbFamily.Redis, 11));
        var sink = new RecordingSink();

        var cursor = new RdbCursor(value.AsSpan(0, value.Length / 2));
        decoder.TryAdvance(ref cursor, sink).ShouldBeFalse();

        cursor.Remaining.ShouldBeLessThan("element 500".Length + 1);
        sink.Lines.Count.ShouldBeInRange(450, 550);
    }

    [Theory]
    [InlineData(RdbType.ModulePreRelease, RdbFamily.Redis)]
    [InlineData((RdbType)8, RdbFamily.Redis)]
    [InlineData((RdbType)26, RdbFamily.Redis)]
    [InlineData((RdbType)243, RdbFamily.Redis)]
    [InlineData(RdbType.HashListpackWithExpiriesPreRelease, RdbFamily.Valkey)]
    [InlineData(RdbType.HashWithExpiries, RdbFamily.Valkey)]
    public void Decode_UnknownType_NamesItAndTheWayOut(RdbType type, RdbFamily family)
    {
        using var decoder = new ValueDecoder();

        var error = Should.Throw<RdbFormatException>(() =>
            decoder.Decode(type, new RdbVersion(family, 12), [0], new RecordingSink(), 77)
        );

        error.Message.ShouldContain($"Type {(int)type}");
        error.Offset.ShouldBe(77);
        error.WhatToDo.ShouldNotBeNull().ShouldContain("--read scan");
    }

    [Theory]
    [InlineData(RdbType.List)]
    [InlineData(RdbType.Set)]
    [InlineData(RdbType.Hash)]
    [InlineData(RdbType.SortedSet)]
    [InlineData(RdbType.SortedSetTextScores)]
    [InlineData(RdbType.ListQuicklist)]
    [InlineData(RdbType.ListQuicklist2)]
    [InlineData(RdbType.HashWithExpiries22)]
    public void Decode_NoElements_Throws(RdbType type) =>
        ShouldRefuse(type, new RdbBytes().Length(0)).Message.ShouldContain("no elements");

    [Fact]
    public void TryAdvance_AfterTheEnd_Throws()
    {
        using var decoder = new ValueDecoder();
        decoder.Decode(RdbType.String, default, new RdbBytes().String("x"), new RecordingSink());

        Should.Throw<InvalidOperationException>(() =>
        {
            var cursor = new RdbCursor([1, 2]);
            decoder.TryAdvance(ref cursor, new RecordingSink());
        });
    }

    [Fact]
    public void Decode_StringLongerThanItsBytes_DoesNotAllocateForIt()
    {
        byte[] value = new RdbBytes().Length(1_500_000_000).Raw(1, 2, 3);
        byte[] compressed = new RdbBytes().Raw(0xC3).Length(5).Length(1_500_000_000).Raw(0, 97, 0x20, 0, 0);
        using var decoder = new ValueDecoder();

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var bytes in new[] { value, compressed })
        {
            Should.Throw<RdbFormatException>(() => decoder.Decode(RdbType.String, default, bytes, new RecordingSink()));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    /// <summary>Shows the decoder ever more bytes, from where it stands on; returns how many it passed in all, -1 if none were enough.</summary>
    internal static int DecodeInSteps(ValueDecoder decoder, SampleValue sample, int step, IValueSink sink)
    {
        decoder.Start(sample.Type, sample.Version);
        var passed = 0;
        for (var shown = Math.Min(step, sample.Bytes.Length); ; shown = Math.Min(shown + step, sample.Bytes.Length))
        {
            var cursor = new RdbCursor(sample.Bytes.AsSpan(passed, shown - passed), passed);
            var done = decoder.TryAdvance(ref cursor, sink);
            passed += cursor.Position;
            if (done)
                return passed;
            if (shown == sample.Bytes.Length)
                return -1;
        }
    }

    internal static RdbFormatException ShouldRefuse(RdbType type, byte[] value, RdbVersion version = default)
    {
        using var decoder = new ValueDecoder();
        return Should.Throw<RdbFormatException>(() => decoder.Decode(type, version, value, new RecordingSink()));
    }
}
