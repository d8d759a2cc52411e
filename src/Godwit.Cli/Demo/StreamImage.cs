using Godwit.Protocol.Resp;

namespace Godwit.Cli.Demo;

/// <summary>
/// Takes XINFO STREAM … FULL COUNT 0 apart: entries, counters, groups, consumers, pending entries. Left out is how the server
/// holds it in memory, and when a consumer was last seen or active, which no command can write.
/// </summary>
internal static class StreamImage
{
    private static readonly string[] Counters = ["length", "last-generated-id"];
    private static readonly string[] CountersSince70 =
    [
        "max-deleted-entry-id",
        "entries-added",
        "recorded-first-entry-id",
    ];

    /// <summary>The parts, in the server's order: it has groups and consumers by name, all else by id.</summary>
    public static string[] Parts(RespValue info, ServerFeatures features)
    {
        var parts = new List<string>();
        foreach (var counter in features.Since70 ? Counters.Concat(CountersSince70) : Counters)
            parts.Add(KeyImage.Join(counter, Text(info[counter])));
        foreach (var entry in info["entries"]!.Items)
            parts.Add(Flat(entry));
        foreach (var group in info["groups"]!.Items)
            AddGroup(parts, group, features);
        return [.. parts];
    }

    private static void AddGroup(List<string> parts, RespValue group, ServerFeatures features)
    {
        var name = Text(group["name"]);
        parts.Add(KeyImage.Join("group", name, Text(group["last-delivered-id"]), Text(group["pel-count"])));
        if (features.Since70)
            parts.Add(KeyImage.Join("group has read", name, Text(group["entries-read"])));
        foreach (var consumer in group["consumers"]!.Items)
        {
            var consumerName = Text(consumer["name"]);
            parts.Add(KeyImage.Join("consumer", name, consumerName, Text(consumer["pel-count"])));
            foreach (var pending in consumer["pending"]!.Items)
                parts.Add(KeyImage.Join("pending", name, consumerName, Flat(pending)));
        }
    }

    /// <summary>A tree of replies as one text.</summary>
    private static string Flat(RespValue value) =>
        value.Items.Count == 0 ? Text(value) : KeyImage.Join([.. value.Items.Select(Flat)]);

    private static string Text(RespValue? value) =>
        value is null || value.IsNull ? "unknown"
        : value.Kind == RespKind.Integer ? $"{value.Integer}"
        : KeyImage.Text(value.Bytes);
}
