using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Redis;

/// <summary>Gathers the ids that are pending anywhere in a stream: a first look at it, before its commands are written.</summary>
internal sealed class PendingIds : IValueSink
{
    private readonly SortedSet<StreamId> _ids = [];

    /// <summary>The ids, ascending, each once.</summary>
    public StreamId[] ToArray() => [.. _ids];

    /// <summary>Forgets everything.</summary>
    public void Clear() => _ids.Clear();

    void IValueSink.StreamPending(StreamId id, long deliveredAt, ulong deliveries) => _ids.Add(id);

    void IValueSink.StreamEntry(StreamId id, int fieldCount) { }

    void IValueSink.StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) { }

    void IValueSink.StreamInfo(in StreamInfo info) { }

    void IValueSink.StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) { }

    void IValueSink.StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) { }

    void IValueSink.String(ReadOnlySpan<byte> value) => ThrowNoStream();

    void IValueSink.ListElement(ReadOnlySpan<byte> element) => ThrowNoStream();

    void IValueSink.SetMember(ReadOnlySpan<byte> member) => ThrowNoStream();

    void IValueSink.SortedSetMember(ReadOnlySpan<byte> member, double score) => ThrowNoStream();

    void IValueSink.HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) => ThrowNoStream();

    void IValueSink.Module(ulong moduleId, ReadOnlySpan<byte> value) => ThrowNoStream();

    private static void ThrowNoStream() => throw new InvalidOperationException("only streams have pending ids");
}
