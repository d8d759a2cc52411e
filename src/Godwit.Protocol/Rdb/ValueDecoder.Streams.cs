namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    /// <summary>How entries read are written when they are not known (<c>src/stream.h</c>, SCG_INVALID_ENTRIES_READ).</summary>
    private const ulong UnknownEntriesRead = ulong.MaxValue;

    private readonly PendingEntries _pending = new();
    private StreamPart _part;
    private ulong _groups;
    private ulong _consumers;

    /// <summary>What of a stream comes next.</summary>
    private enum StreamPart
    {
        NodeCount,
        Nodes,
        Info,
        Groups,
        GroupPending,
        ConsumerCount,
        Consumers,
        ConsumerPending,
    }

    private StreamGeneration Generation =>
        _type switch
        {
            RdbType.Stream => StreamGeneration.First,
            RdbType.Stream2 => StreamGeneration.Second,
            _ => StreamGeneration.Third,
        };

    private void StartStream()
    {
        _part = StreamPart.NodeCount;
        _groups = 0;
        _consumers = 0;
        _pending.Clear();
    }

    private bool TryStream(ref RdbCursor cursor, IValueSink sink)
    {
        while (true)
        {
            // Whatever is not there as a whole is left untouched, to be read when it is.
            var start = cursor.Position;
            if (_part == StreamPart.Groups && _groups == 0)
                return true;
            if (!TryPart(ref cursor, sink))
            {
                cursor.Position = start;
                return false;
            }
        }
    }

    private bool TryPart(ref RdbCursor cursor, IValueSink sink) =>
        _part switch
        {
            StreamPart.NodeCount => TryStreamCount(ref cursor, out _left, StreamPart.Nodes),
            StreamPart.Nodes => _left == 0 ? Go(StreamPart.Info) : TryStreamNode(ref cursor, sink),
            StreamPart.Info => TryStreamInfo(ref cursor, sink),
            StreamPart.Groups => TryStreamGroup(ref cursor, sink),
            StreamPart.GroupPending => _left == 0 ? Go(StreamPart.ConsumerCount) : TryGroupPending(ref cursor),
            StreamPart.ConsumerCount => TryStreamCount(ref cursor, out _consumers, StreamPart.Consumers),
            StreamPart.Consumers => _consumers == 0 ? EndGroup(cursor.Offset) : TryStreamConsumer(ref cursor, sink),
            _ => _left == 0 ? EndConsumer() : TryConsumerPending(ref cursor, sink),
        };

    private bool Go(StreamPart part)
    {
        _part = part;
        return true;
    }

    private bool TryStreamCount(ref RdbCursor cursor, out ulong count, StreamPart next) =>
        cursor.TryReadLength(out count) && Go(next);

    private bool TryStreamInfo(ref RdbCursor cursor, IValueSink sink)
    {
        StreamId? firstId = null;
        StreamId? maxDeletedId = null;
        ulong? entriesAdded = null;
        if (!cursor.TryReadLength(out var length) || !TryReadNumberPair(ref cursor, out var lastId))
            return false;
        if (Generation >= StreamGeneration.Second)
        {
            if (
                !TryReadNumberPair(ref cursor, out var first)
                || !TryReadNumberPair(ref cursor, out var deleted)
                || !cursor.TryReadLength(out var added)
            )
            {
                return false;
            }

            (firstId, maxDeletedId, entriesAdded) = (first, deleted, added);
        }

        if (!cursor.TryReadLength(out _groups))
            return false;
        sink.StreamInfo(new StreamInfo(length, lastId, firstId, maxDeletedId, entriesAdded));
        return Go(StreamPart.Groups);
    }

    private bool TryStreamGroup(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        ulong? entriesRead = null;
        if (!cursor.TrySkipString() || !TryReadNumberPair(ref cursor, out var lastDelivered))
            return false;
        if (Generation >= StreamGeneration.Second)
        {
            if (!cursor.TryReadLength(out var read))
                return false;
            entriesRead = read == UnknownEntriesRead ? null : read;
        }

        if (!cursor.TryReadLength(out _left))
            return false;
        _pending.Clear();
        sink.StreamGroup(ReadName(ref cursor, start), lastDelivered, entriesRead);
        return Go(StreamPart.GroupPending);
    }

    private bool TryGroupPending(ref RdbCursor cursor)
    {
        var offset = cursor.Offset;
        if (
            !TryReadId(ref cursor, out var id)
            || !cursor.TryReadInt64(out var deliveredAt)
            || !cursor.TryReadLength(out var deliveries)
        )
        {
            return false;
        }

        _pending.Add(new PendingEntry(id, deliveredAt, deliveries), offset);
        _left--;
        return true;
    }

    private bool TryStreamConsumer(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        var activeAt = -1L;
        if (
            !cursor.TrySkipString()
            || !cursor.TryReadInt64(out var seenAt)
            || (Generation >= StreamGeneration.Third && !cursor.TryReadInt64(out activeAt))
            || !cursor.TryReadLength(out _left)
        )
        {
            return false;
        }

        sink.StreamConsumer(ReadName(ref cursor, start), seenAt, activeAt);
        return Go(StreamPart.ConsumerPending);
    }

    private bool TryConsumerPending(ref RdbCursor cursor, IValueSink sink)
    {
        var offset = cursor.Offset;
        if (!TryReadId(ref cursor, out var id))
            return false;
        var entry = _pending.Own(id, offset);
        sink.StreamPending(id, entry.DeliveredAt, entry.Deliveries);
        _left--;
        return true;
    }

    private bool EndConsumer()
    {
        _consumers--;
        return Go(StreamPart.Consumers);
    }

    private bool EndGroup(long offset)
    {
        _pending.EnsureAllOwned(offset);
        _pending.Clear();
        _groups--;
        return Go(StreamPart.Groups);
    }

    /// <summary>Reads a string that was stepped over, once all that follows it is known to be there.</summary>
    private ReadOnlySpan<byte> ReadName(ref RdbCursor cursor, int start)
    {
        var end = cursor.Position;
        cursor.Position = start;
        cursor.TryReadString(_first, out var name);
        cursor.Position = end;
        return name;
    }

    private static bool TryReadNumberPair(ref RdbCursor cursor, out StreamId id)
    {
        id = default;
        if (!cursor.TryReadLength(out var milliseconds) || !cursor.TryReadLength(out var sequence))
            return false;
        id = new StreamId(milliseconds, sequence);
        return true;
    }

    private static bool TryReadId(ref RdbCursor cursor, out StreamId id)
    {
        id = default;
        if (!cursor.TryReadBytes(ValueSkipper.StreamIdSize, out var bytes))
            return false;
        id = ParseId(bytes);
        return true;
    }
}
