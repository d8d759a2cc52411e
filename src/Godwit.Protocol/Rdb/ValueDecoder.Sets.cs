using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    private bool TrySetMember(ref RdbCursor cursor, IValueSink sink)
    {
        if (!cursor.TryReadString(_first, out var member))
            return false;
        _filled = true;
        sink.SetMember(member);
        return true;
    }

    private void ReadSet<TReader>(ref TReader reader, IValueSink sink)
        where TReader : struct, IPackedReader, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[PackedElement.LongestInteger];
        while (reader.TryRead(out var member))
        {
            _filled = true;
            sink.SetMember(member.Text(scratch));
        }
    }

    private bool TrySortedSetMember(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        if (!cursor.TrySkipString() || !TryReadScore(ref cursor, out var score))
        {
            cursor.Position = start;
            return false;
        }

        var end = cursor.Position;
        cursor.Position = start;
        cursor.TryReadString(_first, out var member);
        cursor.Position = end;
        _filled = true;
        sink.SortedSetMember(member, score);
        return true;
    }

    private bool TryReadScore(ref RdbCursor cursor, out double score)
    {
        if (_type == RdbType.SortedSetTextScores)
            return TextScore.TryRead(ref cursor, out score);

        var offset = cursor.Offset;
        if (!cursor.TryReadDouble(out score))
            return false;
        if (double.IsNaN(score))
            RdbThrow.Malformed("A score is not a number", offset);
        return true;
    }

    private void ReadSortedSet<TReader>(ref TReader reader, IValueSink sink)
        where TReader : struct, IPackedReader, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[PackedElement.LongestInteger];
        while (reader.TryRead(out var member))
        {
            var offset = reader.Offset;
            if (!reader.TryRead(out var score))
                RdbThrow.Malformed("A sorted set's last member has no score", offset);
            _filled = true;
            sink.SortedSetMember(member.Text(scratch), score.Score(offset));
        }
    }
}
