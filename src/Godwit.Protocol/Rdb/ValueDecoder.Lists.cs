using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    /// <summary>Kinds of nodes, as <c>src/quicklist.h</c> numbers them, QUICKLIST_NODE_CONTAINER_*.</summary>
    private const ulong PlainNode = 1;
    private const ulong PackedNode = 2;

    private bool TryListElement(ref RdbCursor cursor, IValueSink sink)
    {
        if (!cursor.TryReadString(_first, out var element))
            return false;
        _filled = true;
        sink.ListElement(element);
        return true;
    }

    private bool TryListNode(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        var offset = cursor.Offset;
        var container = PackedNode;
        if (
            (_type == RdbType.ListQuicklist2 && !cursor.TryReadLength(out container))
            || !TryReadBlob(ref cursor, out var blob, out var origin)
        )
        {
            cursor.Position = start;
            return false;
        }

        if (_type == RdbType.ListQuicklist)
        {
            var ziplist = new ZiplistReader(blob, origin);
            ReadList(ref ziplist, sink);
        }
        else if (container == PackedNode)
        {
            var listpack = new ListpackReader(blob, origin);
            ReadList(ref listpack, sink);
        }
        else if (container == PlainNode)
        {
            _filled = true;
            sink.ListElement(blob);
        }
        else
        {
            RdbThrow.Malformed($"A list's node is of kind {container}, where 1 and 2 are known", offset);
        }

        return true;
    }

    private void ReadList<TReader>(ref TReader reader, IValueSink sink)
        where TReader : struct, IPackedReader, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[PackedElement.LongestInteger];
        while (reader.TryRead(out var element))
        {
            _filled = true;
            sink.ListElement(element.Text(scratch));
        }
    }
}
