using System.Text;
using Godwit.Json;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Json;

/// <summary>
/// Writes one decoded value as JSON, at the place where its writer stands. Strings of bytes are as <see cref="BinaryText"/>
/// has them. A string is a string; a list and a set are arrays; a sorted set is an array of pairs of member and score, where an
/// infinite score is <c>"inf"</c> or <c>"-inf"</c>; a hash is an object; a stream is an object of its entries, counters and groups.
/// </summary>
internal sealed class JsonValueSink(JsonLineWriter json) : IValueSink
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
                json.BeginArray();
                break;
            case ValueKind.Hash:
                json.BeginObject();
                break;
            case ValueKind.Stream:
                json.BeginObject();
                json.Name("entries"u8);
                json.BeginArray();
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
                json.EndArray();
                break;
            case ValueKind.Hash:
                json.EndObject();
                WriteFieldExpiries();
                break;
            case ValueKind.Stream:
                Close(Open.Consumer, Open.Group, Open.Groups);
                json.EndObject();
                break;
        }
    }

    void IValueSink.String(ReadOnlySpan<byte> value)
    {
        if (json.IsInString)
            json.StringPart(value);
        else
            json.Binary(value);
    }

    void IValueSink.ListElement(ReadOnlySpan<byte> element) => json.Binary(element);

    void IValueSink.SetMember(ReadOnlySpan<byte> member) => json.Binary(member);

    void IValueSink.SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        json.BeginArray();
        json.Binary(member);
        if (double.IsFinite(score))
            json.Number(score);
        else
            json.Text(score > 0 ? "inf"u8 : "-inf"u8);
        json.EndArray();
    }

    void IValueSink.HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt)
    {
        json.BinaryName(field);
        json.Binary(value);
        if (expireAt != IValueSink.NoExpiry)
            _fieldExpiries.Add((field.ToArray(), expireAt));
    }

    void IValueSink.StreamEntry(StreamId id, int fieldCount)
    {
        Close(Open.Fields);
        json.BeginArray();
        json.Formatted(id);
        json.BeginArray();
        _open |= Open.Fields;
    }

    void IValueSink.StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        json.Binary(field);
        json.Binary(value);
    }

    void IValueSink.StreamInfo(in StreamInfo info)
    {
        Close(Open.Fields, Open.Entries);
        json.Name("length"u8);
        json.Number(info.Length);
        json.Name("last_id"u8);
        json.Formatted(info.LastId);
        if (info.FirstId is { } first)
        {
            json.Name("first_id"u8);
            json.Formatted(first);
        }

        if (info.MaxDeletedId is { } deleted)
        {
            json.Name("max_deleted_id"u8);
            json.Formatted(deleted);
        }

        if (info.EntriesAdded is { } added)
        {
            json.Name("entries_added"u8);
            json.Number(added);
        }

        json.Name("groups"u8);
        json.BeginArray();
        _open |= Open.Groups;
    }

    void IValueSink.StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead)
    {
        Close(Open.Consumer, Open.Group);
        json.BeginObject();
        json.Name("name"u8);
        json.Binary(name);
        json.Name("last_id"u8);
        json.Formatted(lastDelivered);
        if (entriesRead is { } read)
        {
            json.Name("entries_read"u8);
            json.Number(read);
        }

        json.Name("consumers"u8);
        json.BeginArray();
        _open |= Open.Group;
    }

    void IValueSink.StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt)
    {
        Close(Open.Consumer);
        json.BeginObject();
        json.Name("name"u8);
        json.Binary(name);
        json.Name("seen_ms"u8);
        json.Number(seenAt);
        json.Name("active_ms"u8);
        json.Number(activeAt);
        json.Name("pending"u8);
        json.BeginArray();
        _open |= Open.Consumer;
    }

    void IValueSink.StreamPending(StreamId id, long deliveredAt, ulong deliveries)
    {
        json.BeginObject();
        json.Name("id"u8);
        json.Formatted(id);
        json.Name("delivered_ms"u8);
        json.Number(deliveredAt);
        json.Name("deliveries"u8);
        json.Number(deliveries);
        json.EndObject();
    }

    void IValueSink.Module(ulong moduleId, ReadOnlySpan<byte> value)
    {
        json.BeginObject();
        json.Name("module"u8);
        json.Text(Encoding.ASCII.GetBytes(ModuleName.Of(moduleId)));
        json.Name("id"u8);
        json.Formatted(moduleId);
        json.Name("base64"u8);
        json.Base64(value);
        json.EndObject();
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
                    json.EndArray();
                    json.EndArray();
                    break;
                case Open.Entries:
                case Open.Groups:
                    json.EndArray();
                    break;
                // A consumer ends with the array of what is pending, a group with that of its consumers.
                default:
                    json.EndArray();
                    json.EndObject();
                    break;
            }
        }
    }

    private void WriteFieldExpiries()
    {
        if (_fieldExpiries.Count == 0)
            return;

        json.Name("field_expiry_ms"u8);
        json.BeginObject();
        foreach (var (field, expireAt) in _fieldExpiries)
        {
            json.BinaryName(field);
            json.Number(expireAt);
        }

        json.EndObject();
    }
}
