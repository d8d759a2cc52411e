using System.Buffers;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Takes a hash's fields and moves their expiries, for <see cref="FieldExpiryShift"/>: the first time it only measures, the second
/// time it writes them as Redis writes a hash table with expiries.
/// </summary>
/// <param name="before">Unix milliseconds: what expires then or later stays as it is.</param>
/// <param name="by">How much later the others expire.</param>
/// <param name="earliest">The earliest expiry of all, once it is known.</param>
/// <param name="output">Takes the fields; null to measure.</param>
internal sealed class MovedFields(long before, long by, long earliest = 0, IBufferWriter<byte>? output = null)
    : IValueSink
{
    /// <summary>Fields so far.</summary>
    public long Count { get; private set; }

    /// <summary>Those that were moved.</summary>
    public int Moved { get; private set; }

    /// <summary>The earliest expiry so far, moved or not; the latest that there can be where no field expires.</summary>
    public long Earliest { get; private set; } = long.MaxValue;

    void IValueSink.HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt)
    {
        Count++;
        if (expireAt != IValueSink.NoExpiry && expireAt < before)
        {
            expireAt += by;
            Moved++;
        }

        if (expireAt != IValueSink.NoExpiry)
            Earliest = Math.Min(Earliest, expireAt);
        if (output is null)
            return;

        // None is 0, and so the earliest is 1.
        var writer = new RdbWriter(output);
        writer.WriteLength(expireAt == IValueSink.NoExpiry ? 0 : (ulong)(expireAt - earliest + 1));
        writer.WriteString(field);
        writer.WriteString(value);
    }

    void IValueSink.String(ReadOnlySpan<byte> value) => throw NoHash();

    void IValueSink.ListElement(ReadOnlySpan<byte> element) => throw NoHash();

    void IValueSink.SetMember(ReadOnlySpan<byte> member) => throw NoHash();

    void IValueSink.SortedSetMember(ReadOnlySpan<byte> member, double score) => throw NoHash();

    void IValueSink.StreamEntry(StreamId id, int fieldCount) => throw NoHash();

    void IValueSink.StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => throw NoHash();

    void IValueSink.StreamInfo(in StreamInfo info) => throw NoHash();

    void IValueSink.StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) => throw NoHash();

    void IValueSink.StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) => throw NoHash();

    void IValueSink.StreamPending(StreamId id, long deliveredAt, ulong deliveries) => throw NoHash();

    void IValueSink.Module(ulong moduleId, ReadOnlySpan<byte> value) => throw NoHash();

    private static InvalidOperationException NoHash() => new("Only hashes have fields that expire.");
}
