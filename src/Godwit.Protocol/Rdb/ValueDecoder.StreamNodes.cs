using System.Buffers.Binary;
using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    /// <summary>Flags of an entry, as <c>src/t_stream.c</c> has them, STREAM_ITEM_FLAG_*.</summary>
    private const long Deleted = 1;
    private const long SameFields = 2;

    /// <summary>What an entry's closing count has beside its fields and values: flags and the two parts of its id.</summary>
    private const long FixedParts = 3;

    private static StreamId ParseId(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]));

    /// <summary>A node: the id that its entries count from, and a listpack of them.</summary>
    private bool TryStreamNode(ref RdbCursor cursor, IValueSink sink)
    {
        var offset = cursor.Offset;
        if (!TryReadPair(ref cursor, out var id, out var blob))
            return false;
        if (id.Length != ValueSkipper.StreamIdSize)
            RdbThrow.Malformed("A stream's node does not begin with an id", offset);

        // Whether the listpack was compressed is not known here: errors name the node.
        ReadNode(ParseId(id), new ListpackReader(blob, new BlobPosition(offset, IsInPlace: false)), sink);
        _left--;
        return true;
    }

    /// <summary>The master entry (counts of entries there and deleted, the common fields, 0), then the entries.</summary>
    private static void ReadNode(StreamId master, ListpackReader reader, IValueSink sink)
    {
        var count = ReadInteger(ref reader);
        var deletedCount = ReadInteger(ref reader);
        var fieldCount = ReadInteger(ref reader);
        var names = reader;
        for (var i = 0L; i < fieldCount; i++)
            ReadElement(ref reader);
        if (ReadInteger(ref reader) != 0)
            RdbThrow.Malformed("A stream's master entry is not closed by 0", reader.Offset);

        while (reader.TryRead(out var flags))
        {
            if (!flags.IsInteger)
                RdbThrow.Malformed("A stream's entry does not begin with its flags", reader.Offset);
            if ((flags.Integer & Deleted) != 0)
                deletedCount--;
            else
                count--;
            ReadEntry(master, flags.Integer, names, fieldCount, ref reader, sink);
        }

        if (count != 0 || deletedCount != 0)
            RdbThrow.Malformed("A stream's node does not have the entries that it counts", reader.Offset);
    }

    private static void ReadEntry(
        StreamId master,
        long flags,
        ListpackReader names,
        long fieldCount,
        ref ListpackReader reader,
        IValueSink sink
    )
    {
        var id = new StreamId(
            unchecked(master.Milliseconds + (ulong)ReadInteger(ref reader)),
            unchecked(master.Sequence + (ulong)ReadInteger(ref reader))
        );
        var sameFields = (flags & SameFields) != 0;
        var count = sameFields ? fieldCount : ReadInteger(ref reader);
        if (count is < 0 or > int.MaxValue)
            RdbThrow.Malformed($"A stream's entry has {count} fields", reader.Offset);

        var isThere = (flags & Deleted) == 0;
        if (isThere)
            sink.StreamEntry(id, (int)count);

        Span<byte> nameText = stackalloc byte[PackedElement.LongestInteger];
        Span<byte> valueText = stackalloc byte[PackedElement.LongestInteger];
        for (var i = 0L; i < count; i++)
        {
            var name = sameFields ? ReadElement(ref names) : ReadElement(ref reader);
            var value = ReadElement(ref reader);
            if (isThere)
                sink.StreamField(name.Text(nameText), value.Text(valueText));
        }

        var parts = FixedParts + (sameFields ? count : (2 * count) + 1);
        if (ReadInteger(ref reader) != parts)
            RdbThrow.Malformed("A stream's entry is not closed by the number of its parts", reader.Offset);
    }

    private static PackedElement ReadElement(ref ListpackReader reader)
    {
        if (!reader.TryRead(out var element))
            RdbThrow.Malformed("A stream's node ends within an entry", reader.Offset);
        return element;
    }

    private static long ReadInteger(ref ListpackReader reader)
    {
        var element = ReadElement(ref reader);
        if (!element.IsInteger)
            RdbThrow.Malformed("A stream's node has a string where a number belongs", reader.Offset);
        return element.Integer;
    }
}
