using System.Globalization;
using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Live.Expiry;

/// <summary>Writes down a hash's fields: name, value and expiry.</summary>
internal sealed class FieldSink : IValueSink
{
    public List<string> Lines { get; } = [];

    public void String(ReadOnlySpan<byte> value) => throw Unexpected();

    public void ListElement(ReadOnlySpan<byte> element) => throw Unexpected();

    public void SetMember(ReadOnlySpan<byte> member) => throw Unexpected();

    public void SortedSetMember(ReadOnlySpan<byte> member, double score) => throw Unexpected();

    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) =>
        Lines.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Encoding.UTF8.GetString(field)} {Encoding.UTF8.GetString(value)} {expireAt}"
            )
        );

    public void StreamEntry(StreamId id, int fieldCount) => throw Unexpected();

    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => throw Unexpected();

    public void StreamInfo(in StreamInfo info) => throw Unexpected();

    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) => throw Unexpected();

    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) => throw Unexpected();

    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) => throw Unexpected();

    public void Module(ulong moduleId, ReadOnlySpan<byte> value) => throw Unexpected();

    private static InvalidOperationException Unexpected() => new("A hash was expected.");
}
