using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks.Samples;

/// <summary>Looks at what is decoded just enough that no work can be left out.</summary>
internal sealed class CountingSink : IValueSink
{
    /// <summary>Bytes and elements so far.</summary>
    public long Count { get; private set; }

    public void String(ReadOnlySpan<byte> value) => Count += value.Length;

    public void ListElement(ReadOnlySpan<byte> element) => Count += element.Length;

    public void SetMember(ReadOnlySpan<byte> member) => Count += member.Length;

    public void SortedSetMember(ReadOnlySpan<byte> member, double score) => Count += member.Length + (long)score;

    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) =>
        Count += field.Length + value.Length + expireAt;

    public void StreamEntry(StreamId id, int fieldCount) => Count += fieldCount;

    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => Count += field.Length + value.Length;

    public void StreamInfo(in StreamInfo info) => Count++;

    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) =>
        Count += name.Length;

    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) => Count += name.Length;

    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) => Count++;

    public void Module(ulong moduleId, ReadOnlySpan<byte> value) => Count += value.Length;
}
