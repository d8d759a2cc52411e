namespace Godwit.Protocol.Rdb;

/// <summary>
/// Takes the elements of one decoded value, in the order in which they are serialized. Spans live until the call returns.
/// A stream calls: entries, <see cref="StreamInfo"/>, then each group: <see cref="StreamGroup"/>, then each of its
/// consumers: <see cref="StreamConsumer"/>, then what is pending for it.
/// </summary>
public interface IValueSink
{
    /// <summary>What stands for "does not expire" in <see cref="HashField"/>.</summary>
    const long NoExpiry = -1;

    /// <summary>The whole value of a string; from a <see cref="PieceDecoder"/> the next part of it.</summary>
    void String(ReadOnlySpan<byte> value);

    /// <summary>A list's next element, from head to tail.</summary>
    void ListElement(ReadOnlySpan<byte> element);

    /// <summary>A set's next member.</summary>
    void SetMember(ReadOnlySpan<byte> member);

    /// <summary>A sorted set's next member; the order is the serializer's, not always by score.</summary>
    void SortedSetMember(ReadOnlySpan<byte> member, double score);

    /// <summary>A hash's next field. <paramref name="expireAt"/> is in Unix milliseconds, or <see cref="NoExpiry"/>.</summary>
    void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt);

    /// <summary>A stream's next entry begins; <paramref name="fieldCount"/> calls of <see cref="StreamField"/> follow.</summary>
    void StreamEntry(StreamId id, int fieldCount);

    /// <summary>A field of the entry that began last. Names may repeat within one entry.</summary>
    void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value);

    /// <summary>Comes once for each stream, after its entries.</summary>
    void StreamInfo(in StreamInfo info);

    /// <summary>A consumer group begins. <paramref name="entriesRead"/> is null where it is not known.</summary>
    void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead);

    /// <summary>A consumer of the last group begins. Times are Unix milliseconds; -1 active time: never or not known.</summary>
    void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt);

    /// <summary>An entry that the last consumer has been given and has not acknowledged, in order of ids.</summary>
    void StreamPending(StreamId id, long deliveredAt, ulong deliveries);

    /// <summary>A module's value, whole and unread: its id (whose first 54 bits spell its name) and the bytes after that.</summary>
    void Module(ulong moduleId, ReadOnlySpan<byte> value);
}
