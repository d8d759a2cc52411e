using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Takes everything and keeps nothing, so that what is allocated is the decoder's.</summary>
internal sealed class NullSink : IValueSink
{
    public void String(ReadOnlySpan<byte> value) { }

    public void ListElement(ReadOnlySpan<byte> element) { }

    public void SetMember(ReadOnlySpan<byte> member) { }

    public void SortedSetMember(ReadOnlySpan<byte> member, double score) { }

    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) { }

    public void StreamEntry(StreamId id, int fieldCount) { }

    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) { }

    public void StreamInfo(in StreamInfo info) { }

    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) { }

    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) { }

    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) { }

    public void Module(ulong moduleId, ReadOnlySpan<byte> value) { }
}
