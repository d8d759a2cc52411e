using Godwit.Json;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Json;

/// <summary>Takes a value for nothing but to see that it can be decoded, and whether a string is text.</summary>
internal sealed class JsonValueCheck : IValueSink
{
    private readonly PlainTextCheck _text = new();

    /// <summary>True if all parts of the string together are text that can stand in JSON as it is.</summary>
    public bool IsText => _text.IsPlain;

    void IValueSink.String(ReadOnlySpan<byte> value) => _text.Add(value);

    void IValueSink.ListElement(ReadOnlySpan<byte> element) { }

    void IValueSink.SetMember(ReadOnlySpan<byte> member) { }

    void IValueSink.SortedSetMember(ReadOnlySpan<byte> member, double score) { }

    void IValueSink.HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) { }

    void IValueSink.StreamEntry(StreamId id, int fieldCount) { }

    void IValueSink.StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) { }

    void IValueSink.StreamInfo(in StreamInfo info) { }

    void IValueSink.StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) { }

    void IValueSink.StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) { }

    void IValueSink.StreamPending(StreamId id, long deliveredAt, ulong deliveries) { }

    void IValueSink.Module(ulong moduleId, ReadOnlySpan<byte> value) { }
}
