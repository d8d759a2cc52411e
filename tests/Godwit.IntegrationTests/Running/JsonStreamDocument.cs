using System.Globalization;
using System.Text.Json;
using Godwit.IntegrationTests.Comparison;

namespace Godwit.IntegrationTests.Running;

/// <summary>Turns a stream's JSON value back into the details that a server tells.</summary>
internal static class JsonStreamDocument
{
    public static Dictionary<Detail, string> Read(JsonElement stream)
    {
        var details = new Dictionary<Detail, string>
        {
            [new(Aspects.Length, "")] = stream.GetProperty("length").GetRawText(),
            [new(Aspects.LastId, "")] = stream.GetProperty("last_id").GetString()!,
        };
        AddTold(details, stream, "first_id", Aspects.FirstId, "");
        AddTold(details, stream, "max_deleted_id", Aspects.MaxDeletedId, "");
        AddTold(details, stream, "entries_added", Aspects.EntriesAdded, "");
        foreach (var entry in stream.GetProperty("entries").EnumerateArray())
        {
            var fields = entry[1].EnumerateArray().Select(field => BinaryText.Decode(field.GetString()!));
            details.Add(new(Aspects.Entry, entry[0].GetString()!), string.Join(Bytes.Separator, fields));
        }

        foreach (var group in stream.GetProperty("groups").EnumerateArray())
            AddGroup(details, group);
        return details;
    }

    private static void AddGroup(Dictionary<Detail, string> details, JsonElement group)
    {
        var name = BinaryText.Decode(group.GetProperty("name").GetString()!);
        details.Add(new(Aspects.Group, name), group.GetProperty("last_id").GetString()!);
        AddTold(details, group, "entries_read", Aspects.EntriesRead, name);
        var pendingInGroup = 0;
        foreach (var consumer in group.GetProperty("consumers").EnumerateArray())
        {
            var subject = name + Bytes.Separator + BinaryText.Decode(consumer.GetProperty("name").GetString()!);
            var pending = consumer.GetProperty("pending").EnumerateArray().ToArray();
            pendingInGroup += pending.Length;
            details.Add(new(Aspects.Consumer, subject), pending.Length.ToString(CultureInfo.InvariantCulture));
            foreach (var entry in pending)
            {
                var id = entry.GetProperty("id").GetString()!;
                var time = entry.GetProperty("delivered_ms").GetRawText();
                var deliveries = entry.GetProperty("deliveries").GetRawText();
                details.Add(
                    new(Aspects.Pending, subject + Bytes.Separator + id),
                    $"delivered at {time}, {deliveries} times"
                );
            }
        }

        details.Add(new(Aspects.PendingCount, name), pendingInGroup.ToString(CultureInfo.InvariantCulture));
    }

    private static void AddTold(
        Dictionary<Detail, string> details,
        JsonElement told,
        string name,
        string aspect,
        string subject
    )
    {
        // What the source does not say is left out.
        var text = told.TryGetProperty(name, out var value) ? value.ToString() : "unknown";
        details.Add(new(aspect, subject), text);
    }
}
