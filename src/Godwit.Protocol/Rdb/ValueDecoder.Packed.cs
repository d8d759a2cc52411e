using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    /// <summary>The values that are one string, in which all elements are packed.</summary>
    private bool TryPacked(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        var hasMinimum = _type == RdbType.HashListpackWithExpiries;
        if ((hasMinimum && !cursor.TrySkip(sizeof(long))) || !TryReadBlob(ref cursor, out var blob, out var origin))
        {
            cursor.Position = start;
            return false;
        }

        ReadPacked(blob, origin, sink);
        EnsureFilled(origin.Offset);
        return true;
    }

    private bool TryReadBlob(ref RdbCursor cursor, out ReadOnlySpan<byte> blob, out BlobPosition origin)
    {
        var offset = cursor.Offset;
        var read = cursor.TryReadString(_first, out blob, out var isInBuffer);
        origin = new BlobPosition(isInBuffer ? cursor.Offset - blob.Length : offset, isInBuffer);
        return read;
    }

    private void ReadPacked(ReadOnlySpan<byte> blob, BlobPosition origin, IValueSink sink)
    {
        switch (_type)
        {
            case RdbType.HashZipmap:
                var zipmap = new ZipmapReader(blob, origin);
                ReadHash(ref zipmap, sink);
                break;
            case RdbType.SetIntset:
                var intset = new IntsetReader(blob, origin);
                ReadSet(ref intset, sink);
                break;
            case RdbType.ListZiplist or RdbType.SortedSetZiplist or RdbType.HashZiplist:
                var ziplist = new ZiplistReader(blob, origin);
                ReadAsKind(ref ziplist, sink);
                break;
            default:
                var listpack = new ListpackReader(blob, origin);
                ReadAsKind(ref listpack, sink);
                break;
        }
    }

    private void ReadAsKind<TReader>(ref TReader reader, IValueSink sink)
        where TReader : struct, IPackedReader, allows ref struct
    {
        switch (_type)
        {
            case RdbType.ListZiplist:
                ReadList(ref reader, sink);
                break;
            case RdbType.SetListpack:
                ReadSet(ref reader, sink);
                break;
            case RdbType.SortedSetZiplist or RdbType.SortedSetListpack:
                ReadSortedSet(ref reader, sink);
                break;
            case RdbType.HashZiplist or RdbType.HashListpack:
                ReadHash(ref reader, sink);
                break;
            default:
                ReadHashWithExpiries(ref reader, sink);
                break;
        }
    }
}
