using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Values larger than the buffer: the reader gets no more room than a few of their elements take.</summary>
public sealed class RdbReaderPartsTests
{
    private const int Room = 400;
    private const int Elements = 5000;

    [Fact]
    public void TryDecodeEntry_ValueLargerThanTheBuffer_GivesAllElements()
    {
        using var decoder = new ValueDecoder();
        var sink = new RecordingSink();

        Read(
                FileOfBigList(),
                (RdbReader reader, ReadOnlySpan<byte> b, ref int p) => reader.TryDecodeEntry(b, ref p, decoder, sink)
            )
            .ShouldBe(["Header", "before", "big 123 List in parts", "after", "End"]);

        sink.Lines.ShouldBe(Enumerable.Range(0, Elements).Select(i => $"  element{i}"));
    }

    [Fact]
    public void TryPassEntry_ValueLargerThanTheBuffer_GoesOnBehindIt() =>
        Read(
                FileOfBigList(),
                static (RdbReader reader, ReadOnlySpan<byte> b, ref int p) => reader.TryPassEntry(b, ref p)
            )
            .ShouldBe(["Header", "before", "big 123 List in parts", "after", "End"]);

    [Fact]
    public void TryPassEntry_DamagedValue_FailsAtTheFilesChecksum()
    {
        var file = FileOfBigList();
        file[file.Length / 2] ^= 1;
        Should.Throw<RdbFormatException>(() =>
            Read(file, static (RdbReader reader, ReadOnlySpan<byte> b, ref int p) => reader.TryPassEntry(b, ref p))
        );
    }

    [Fact]
    public void TryRead_ValueInPartsNotEnded_Throws()
    {
        var file = FileOfBigList().AsSpan(0, Room);
        using var reader = new RdbReader();
        var position = 0;
        while (reader.TryRead(file, ref position, out _))
            continue;
        reader.TryPassEntry(file, ref position).ShouldBeFalse();
        position.ShouldBe(Room);

        position = 0;
        Should.Throw<InvalidOperationException>(() => reader.TryRead([], ref position, out _));
        reader.TryPeekEntry(position, out _).ShouldBeFalse();
        reader.Truncated(0).Message.ShouldContain("type 1");
    }

    [Fact]
    public void TryPassEntry_NothingUnfinished_Throws()
    {
        using var reader = new RdbReader();
        var position = 0;
        Should.Throw<InvalidOperationException>(() => reader.TryPassEntry([1, 2], ref position));
        reader.TryPeekEntry(0, out _).ShouldBeFalse();
    }

    private delegate bool ReadPart(RdbReader reader, ReadOnlySpan<byte> buffer, ref int position);

    private static byte[] FileOfBigList()
    {
        var bytes = new RdbBytes().Raw("REDIS0011"u8).Raw(0).Strings("before", "1");
        bytes.Raw(0xFC).Int64(123).Raw(1).String("big").Length(Elements);
        for (var i = 0; i < Elements; i++)
            bytes.String($"element{i}");
        return RdbFile.Sign(bytes.Raw(0).Strings("after", "2").Raw(0xFF));
    }

    /// <summary>Reads with a buffer that never grows, and a value that does not fit it in parts.</summary>
    private static List<string> Read(byte[] file, ReadPart readPart)
    {
        using var reader = new RdbReader();
        var lines = new List<string>();
        var shown = 0;
        var position = 0;
        var inParts = false;
        var buffer = Array.Empty<byte>();
        while (!reader.Ended)
        {
            var item = default(RdbItem);
            if (inParts ? readPart(reader, buffer, ref position) : reader.TryRead(buffer, ref position, out item))
            {
                if (!inParts)
                    lines.Add(item.Kind == RdbItemKind.Entry ? RecordingSink.Escape(item.Key(buffer)) : $"{item.Kind}");
                inParts = false;
                continue;
            }

            if (!inParts && buffer.Length - position == Room)
            {
                reader.TryPeekEntry(position, out var entry).ShouldBeTrue();
                lines.Add($"{RecordingSink.Escape(entry.Key(buffer))} {entry.ExpireAt} {entry.Type} in parts");
                inParts = true;
                continue;
            }

            var kept = buffer[position..];
            var more = Math.Min(Room - kept.Length, file.Length - shown);
            more.ShouldBeGreaterThan(0);
            buffer = [.. kept, .. file[shown..(shown + more)]];
            position = 0;
            shown += more;
        }

        reader.Offset.ShouldBe(file.Length);
        return lines;
    }
}
