using Godwit.Protocol.Rdb;

namespace Godwit.Live.Expiry;

/// <summary>Passes a value's elements on, with the expiries of a hash's fields held back.</summary>
internal sealed class HeldFieldSink(IValueSink sink, FieldExpiryHold hold) : IValueSink
{
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) =>
        sink.HashField(field, value, hold.Apply(expireAt));

    public void String(ReadOnlySpan<byte> value) => sink.String(value);

    public void ListElement(ReadOnlySpan<byte> element) => sink.ListElement(element);

    public void SetMember(ReadOnlySpan<byte> member) => sink.SetMember(member);

    public void SortedSetMember(ReadOnlySpan<byte> member, double score) => sink.SortedSetMember(member, score);

    public void StreamEntry(StreamId id, int fieldCount) => sink.StreamEntry(id, fieldCount);

    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => sink.StreamField(field, value);

    public void StreamInfo(in StreamInfo info) => sink.StreamInfo(info);

    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) =>
        sink.StreamGroup(name, lastDelivered, entriesRead);

    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) =>
        sink.StreamConsumer(name, seenAt, activeAt);

    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) =>
        sink.StreamPending(id, deliveredAt, deliveries);

    public void Module(ulong moduleId, ReadOnlySpan<byte> value) => sink.Module(moduleId, value);
}
