using System.Globalization;
using System.Text.Json;
using Godwit.Json;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Json;

/// <summary>
/// Writes one decoded value as JSON, at the place where its writer stands. Strings of bytes are as <see cref="BinaryText"/>
/// has them. A string is a string; a list and a set are arrays; a sorted set is an array of pairs of member and score, where an
/// infinite score is <c>"inf"</c> or <c>"-inf"</c>; a hash is an object; a stream is an object of its entries, counters and groups.
/// </summary>
internal sealed class JsonValueSink(Utf8JsonWriter json) : IValueSink
{
    private readonly List<(byte[] Field, long ExpireAt)> _fieldExpiries = [];
    private Open _open;

    [Flags]
    private enum Open
    {
        Nothing = 0,
        Fields = 1,
        Entries = 2,
        Groups = 4,
        Group = 8,
        Consumer = 16,
    }

    /// <summary>Begins a value: writes what it opens with.</summary>
    public void Begin(ValueKind kind)
    {
        _fieldExpiries.Clear();
        _open = Open.Nothing;
        switch (kind)
        {
            case ValueKind.List:
            case ValueKind.Set:
            case ValueKind.SortedSet:
                json.WriteStartArray();
                break;
            case ValueKind.Hash:
                json.WriteStartObject();
                break;
            case ValueKind.Stream:
                json.WriteStartObject();
                json.WriteStartArray("entries");
                _open = Open.Entries;
                break;
        }
    }

    /// <summary>Ends a value. What a hash's fields expire at follows it as a property of its own.</summary>
    public void End(ValueKind kind)
    {
        switch (kind)
        {
            case ValueKind.List:
            case ValueKind.Set:
            case ValueKind.SortedSet:
                json.WriteEndArray();
                break;
            case ValueKind.Hash:
                json.WriteEndObject();
                WriteFieldExpiries();
                break;
            case ValueKind.Stream:
                Close(Open.Consumer, Open.Group, Open.Groups);
                json.WriteEndObject();
                break;
        }
    }

    void IValueSink.String(ReadOnlySpan<byte> value) => BinaryText.WriteValue(json, value);

    void IValueSink.ListElement(ReadOnlySpan<byte> element) => BinaryText.WriteValue(json, element);

    void IValueSink.SetMember(ReadOnlySpan<byte> member) => BinaryText.WriteValue(json, member);

    void IValueSink.SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        json.WriteStartArray();
        BinaryText.WriteValue(json, member);
        if (double.IsFinite(score))
            json.WriteNumberValue(score);
        else
            json.WriteStringValue(score > 0 ? "inf" : "-inf");
        json.WriteEndArray();
    }

    void IValueSink.HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt)
    {
        BinaryText.WriteName(json, field);
        BinaryText.WriteValue(json, value);
        if (expireAt != IValueSink.NoExpiry)
            _fieldExpiries.Add((field.ToArray(), expireAt));
    }

    void IValueSink.StreamEntry(StreamId id, int fieldCount)
    {
        Close(Open.Fields);
        json.WriteStartArray();
        json.WriteStringValue(id.ToString());
        json.WriteStartArray();
        _open |= Open.Fields;
    }

    void IValueSink.StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        BinaryText.WriteValue(json, field);
        BinaryText.WriteValue(json, value);
    }

    void IValueSink.StreamInfo(in StreamInfo info)
    {
        Close(Open.Fields, Open.Entries);
        json.WriteNumber("length", info.Length);
        json.WriteString("last_id", info.LastId.ToString());
        if (info.FirstId is { } first)
            json.WriteString("first_id", first.ToString());
        if (info.MaxDeletedId is { } deleted)
            json.WriteString("max_deleted_id", deleted.ToString());
        if (info.EntriesAdded is { } added)
            json.WriteNumber("entries_added", added);
        json.WriteStartArray("groups");
        _open |= Open.Groups;
    }

    void IValueSink.StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead)
    {
        Close(Open.Consumer, Open.Group);
        json.WriteStartObject();
        json.WritePropertyName("name");
        BinaryText.WriteValue(json, name);
        json.WriteString("last_id", lastDelivered.ToString());
        if (entriesRead is { } read)
            json.WriteNumber("entries_read", read);
        json.WriteStartArray("consumers");
        _open |= Open.Group;
    }

    void IValueSink.StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt)
    {
        Close(Open.Consumer);
        json.WriteStartObject();
        json.WritePropertyName("name");
        BinaryText.WriteValue(json, name);
        json.WriteNumber("seen_ms", seenAt);
        json.WriteNumber("active_ms", activeAt);
        json.WriteStartArray("pending");
        _open |= Open.Consumer;
    }

    void IValueSink.StreamPending(StreamId id, long deliveredAt, ulong deliveries)
    {
        json.WriteStartObject();
        json.WriteString("id", id.ToString());
        json.WriteNumber("delivered_ms", deliveredAt);
        json.WriteNumber("deliveries", deliveries);
        json.WriteEndObject();
    }

    void IValueSink.Module(ulong moduleId, ReadOnlySpan<byte> value)
    {
        json.WriteStartObject();
        json.WriteString("module", ModuleName.Of(moduleId));
        json.WriteString("id", moduleId.ToString(CultureInfo.InvariantCulture));
        json.WriteBase64String("base64", value);
        json.WriteEndObject();
    }

    private void Close(params ReadOnlySpan<Open> scopes)
    {
        foreach (var scope in scopes)
        {
            if (!_open.HasFlag(scope))
                continue;

            _open &= ~scope;
            switch (scope)
            {
                // An entry is an array of its id and the array of its fields.
                case Open.Fields:
                    json.WriteEndArray();
                    json.WriteEndArray();
                    break;
                case Open.Entries:
                case Open.Groups:
                    json.WriteEndArray();
                    break;
                // A consumer ends with the array of what is pending, a group with that of its consumers.
                default:
                    json.WriteEndArray();
                    json.WriteEndObject();
                    break;
            }
        }
    }

    private void WriteFieldExpiries()
    {
        if (_fieldExpiries.Count == 0)
            return;

        json.WriteStartObject("field_expiry_ms");
        foreach (var (field, expireAt) in _fieldExpiries)
        {
            BinaryText.WriteName(json, field);
            json.WriteNumberValue(expireAt);
        }

        json.WriteEndObject();
    }
}
