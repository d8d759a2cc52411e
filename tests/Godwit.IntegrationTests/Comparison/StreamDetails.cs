using System.Globalization;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>
/// Takes XINFO STREAM … FULL COUNT 0 apart: entries, counters, groups, consumers, pending entries. When a consumer was
/// last seen or active is left out: only a payload can carry it, and no version before 7.2 knows both.
/// </summary>
internal static class StreamDetails
{
    public static Dictionary<Detail, string> Of(Dictionary<string, object?> info)
    {
        var details = new Dictionary<Detail, string>
        {
            [new(Aspects.Length, "")] = Text(info["length"]),
            [new(Aspects.LastId, "")] = Text(info["last-generated-id"]),
        };
        AddIfTold(details, info, "recorded-first-entry-id", Aspects.FirstId, "");
        AddIfTold(details, info, "max-deleted-entry-id", Aspects.MaxDeletedId, "");
        AddIfTold(details, info, "entries-added", Aspects.EntriesAdded, "");

        foreach (var entry in (object?[])info["entries"]!)
        {
            var idAndFields = (object?[])entry!;
            var fields = ((object?[])idAndFields[1]!).Select(Bytes.Text);
            details.Add(new(Aspects.Entry, Bytes.Text(idAndFields[0])), string.Join(Bytes.Separator, fields));
        }

        foreach (var group in (object?[])info["groups"]!)
            AddGroup(details, ValueDetails.Pairs(group));
        return details;
    }

    private static void AddGroup(Dictionary<Detail, string> details, Dictionary<string, object?> group)
    {
        var name = Bytes.Text(group["name"]);
        details.Add(new(Aspects.Group, name), Bytes.Text(group["last-delivered-id"]));
        details.Add(new(Aspects.PendingCount, name), Text(group["pel-count"]));
        AddIfTold(details, group, "entries-read", Aspects.EntriesRead, name);
        AddIfTold(details, group, "lag", Aspects.Lag, name);

        foreach (var item in (object?[])group["consumers"]!)
        {
            var consumer = ValueDetails.Pairs(item);
            var subject = name + Bytes.Separator + Bytes.Text(consumer["name"]);
            details.Add(new(Aspects.Consumer, subject), Text(consumer["pel-count"]));
            foreach (var pending in (object?[])consumer["pending"]!)
            {
                var (id, time, deliveries) = ((object?[])pending!) switch
                {
                    [var first, var second, var third] => (Bytes.Text(first), Text(second), Text(third)),
                    _ => throw new InvalidOperationException("a pending entry is not id, time and count"),
                };
                details.Add(
                    new(Aspects.Pending, subject + Bytes.Separator + id),
                    $"delivered at {time}, {deliveries} times"
                );
            }
        }
    }

    private static void AddIfTold(
        Dictionary<Detail, string> details,
        Dictionary<string, object?> told,
        string name,
        string aspect,
        string subject
    )
    {
        if (told.TryGetValue(name, out var value))
            details.Add(new(aspect, subject), Text(value));
    }

    private static string Text(object? reply) =>
        reply switch
        {
            null => "unknown",
            long number => number.ToString(CultureInfo.InvariantCulture),
            _ => Bytes.Text(reply),
        };
}
