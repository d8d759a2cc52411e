using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class RdbReaderTests
{
    [Theory]
    [InlineData(RdbFamily.Redis)]
    [InlineData(RdbFamily.Valkey)]
    public void TryRead_FileInSteps_GivesTheSameItems(RdbFamily family)
    {
        var file = RdbFile.WithEverything(family);
        var expected = RdbFile.ReadWhole(file);

        for (var step = 1; step < 80; step++)
            RdbFile.ReadInSteps(file, () => step).ShouldBe(expected);
    }

    [Theory]
    [InlineData(RdbFamily.Redis)]
    [InlineData(RdbFamily.Valkey)]
    public void TryRead_FileSplitAnywhere_GivesTheSameItems(RdbFamily family)
    {
        var file = RdbFile.WithEverything(family);
        var expected = RdbFile.ReadWhole(file);

        for (var split = 0; split <= file.Length; split++)
        {
            var steps = new Queue<int>([split, file.Length]);
            var lines = RdbFile.ReadInSteps(file, steps.Dequeue);
            lines.SequenceEqual(expected, StringComparer.Ordinal).ShouldBeTrue($"split at {split}");
        }
    }

    [Fact]
    public void TryRead_FileTruncatedAnywhere_GivesTheItemsBeforeAndOneError()
    {
        var file = RdbFile.WithEverything(RdbFamily.Valkey);
        for (var length = 0; length < file.Length; length++)
            Should.Throw<RdbFormatException>(() => RdbFile.ReadWhole(file[..length])).Offset.ShouldBe(length);
    }

    [Fact]
    public void TryRead_Entries_CarryWhatStandsInFrontOfThem()
    {
        var file = RdbFile.WithEverything(RdbFamily.Redis);
        var items = RdbFile.ReadWhole(file);

        items[0].ShouldStartWith("Header ");
        items.ShouldContain(line => line.StartsWith("Aux String redis-bits 64 ", StringComparison.Ordinal));
        items.ShouldContain(line =>
            line.StartsWith("Function String \"\" #!lua\\x20name=one\\x0a ", StringComparison.Ordinal)
        );
        items.ShouldContain(line =>
            line.StartsWith("Resize ", StringComparison.Ordinal) && line.Contains("keys 70 expires 3")
        );
        items.ShouldContain(line =>
            line.StartsWith("SlotInfo ", StringComparison.Ordinal) && line.Contains("slot 16383")
        );
        items.ShouldContain(line =>
            line.StartsWith("ModuleAux ", StringComparison.Ordinal) && line.Contains($"module {SampleValues.ModuleId}")
        );
        items.ShouldContain(line =>
            line.StartsWith(
                "Entry String expiring \\x01v db 0 at 4102444800123 idle -1 freq 200",
                StringComparison.Ordinal
            )
        );
        items.ShouldContain(line =>
            line.StartsWith("Entry String 513 ", StringComparison.Ordinal)
            && line.Contains("at 2130706432000 idle 100000 freq -1")
        );
        items.ShouldContain(line =>
            line.StartsWith($"Entry Set {new string('k', 60)} ", StringComparison.Ordinal)
            && line.Contains("db 15 at -1")
        );
        items[^1].ShouldStartWith("End ");
    }

    [Fact]
    public void TryRead_Keys_LieInTheBufferWherePlain()
    {
        var file = RdbFile.Sign(
            new RdbBytes().Raw("REDIS0011"u8).Raw(0).Strings("key", "v").Raw(0, 0xC0, 7).String("w").Raw(0xFF)
        );
        using var reader = new RdbReader();
        var position = 0;
        reader.TryRead(file, ref position, out _).ShouldBeTrue();
        reader.Version.ShouldBe(new RdbVersion(RdbFamily.Redis, 11));

        reader.TryRead(file, ref position, out var plain).ShouldBeTrue();
        plain.KeyIsInBuffer.ShouldBeTrue();
        file[plain.KeyRange].ShouldBe("key"u8.ToArray());
        file[plain.ValueRange].ShouldBe([1, (byte)'v']);

        reader.TryRead(file, ref position, out var integer).ShouldBeTrue();
        integer.KeyIsInBuffer.ShouldBeFalse();
        integer.Key(file).ToArray().ShouldBe("7"u8.ToArray());

        reader.TryRead(file, ref position, out var end).ShouldBeTrue();
        end.Kind.ShouldBe(RdbItemKind.End);
        position.ShouldBe(file.Length);
        Should.Throw<InvalidOperationException>(() => reader.TryRead(file, ref position, out _));
    }

    [Fact]
    public void TryRead_UnfinishedValue_SaysHowMuchIsWanted()
    {
        byte[] beginning = new RdbBytes().Raw("REDIS0011"u8).Raw(0).String("key").Length(1_000_000).Raw(new byte[100]);
        using var reader = new RdbReader();
        var position = 0;
        reader.TryRead(beginning, ref position, out _).ShouldBeTrue();

        reader.TryRead(beginning, ref position, out _).ShouldBeFalse();

        position.ShouldBe(9);
        reader.Wanted.ShouldBe(1 + 4 + 5 + 1_000_000);
        reader.Truncated(beginning.Length - position).Message.ShouldContain("value, of type 0");
    }

    [Fact]
    public void TryRead_BigValueInSmallSteps_IsNotScannedAgain()
    {
        var bytes = new RdbBytes().Raw("REDIS0011"u8).Raw(2).String("key").Length(400_000);
        for (var i = 0; i < 400_000; i++)
            bytes.Raw(1, (byte)i);
        var file = RdbFile.Sign(bytes.Raw(0xFF));
        using var reader = new RdbReader();
        var position = 0;
        var calls = 0;

        // Scanning from the value's start each time would pass 160,000 million bytes, and take minutes.
        for (var shown = 0; !reader.Ended; calls++)
        {
            if (!reader.TryRead(file.AsSpan(0, shown), ref position, out _))
                shown = Math.Min(shown + 2, file.Length);
        }

        calls.ShouldBeGreaterThan(file.Length / 2);
    }

    [Fact]
    public void TryRead_PositionMovedWithinARun_Throws()
    {
        var file = RdbFile.WithEverything(RdbFamily.Redis);
        using var reader = new RdbReader();
        var position = 0;
        reader.TryRead(file, ref position, out _).ShouldBeTrue();
        var moved = file[position..];
        position = 0;

        Should.Throw<InvalidOperationException>(() => reader.TryRead(moved, ref position, out _));
    }
}
