using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Batches;

/// <summary>Joins the parts of one string, and takes nothing else.</summary>
internal sealed class TextSink : IValueSink
{
    public StringBuilder Text { get; } = new();

    public void String(ReadOnlySpan<byte> value) => Text.Append(Encoding.Latin1.GetString(value));

    public void ListElement(ReadOnlySpan<byte> element) => throw Unexpected();

    public void SetMember(ReadOnlySpan<byte> member) => throw Unexpected();

    public void SortedSetMember(ReadOnlySpan<byte> member, double score) => throw Unexpected();

    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) => throw Unexpected();

    public void StreamEntry(StreamId id, int fieldCount) => throw Unexpected();

    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => throw Unexpected();

    public void StreamInfo(in StreamInfo info) => throw Unexpected();

    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) => throw Unexpected();

    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) => throw Unexpected();

    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) => throw Unexpected();

    public void Module(ulong moduleId, ReadOnlySpan<byte> value) => throw Unexpected();

    private static InvalidOperationException Unexpected() => new("A string was expected.");
}
