using System.Text.Json;
using Godwit.Json;

namespace Godwit.Cli.Demo;

/// <summary>
/// A list of keys with type and expiry. Its file form is one JSON object a line: <c>db</c>, <c>key</c> (as
/// <see cref="BinaryText"/> has it), <c>type</c>, <c>expiry_ms</c>. The JSON target's documents have the same members.
/// </summary>
internal sealed class DemoKeyList
{
    private readonly Dictionary<(int Database, string Key), (string Type, long? ExpireAt)> _keys = [];

    private DemoKeyList() { }

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Count;

    /// <summary>The keys of the demo's RDB file, as the server that wrote it listed them.</summary>
    public static DemoKeyList OfDemoFile()
    {
        using var reader = new StreamReader(EmbeddedFile.Open("demo-keys.ndjson"));
        return Read(reader);
    }

    /// <summary>The keys of a file that the JSON target wrote.</summary>
    public static DemoKeyList OfJson(string path)
    {
        using var reader = new StreamReader(path);
        return Read(reader);
    }

    /// <summary>What is not in the other list as it is here, and what is there too much.</summary>
    public IReadOnlyList<KeyDifference> DifferencesTo(DemoKeyList target)
    {
        var differences = new List<KeyDifference>();
        foreach (var (name, (type, expireAt)) in _keys)
        {
            if (!target._keys.TryGetValue(name, out var arrived))
                differences.Add(Difference(name, "is missing"));
            else if (arrived.Type != type)
                differences.Add(Difference(name, $"is a {arrived.Type}, not a {type}"));
            else if (arrived.ExpireAt != expireAt)
                differences.Add(Difference(name, "has another expiry"));
        }

        differences.AddRange(
            target._keys.Keys.Where(name => !_keys.ContainsKey(name)).Select(name => Difference(name, "is too much"))
        );
        return differences;
    }

    private static KeyDifference Difference((int Database, string Key) name, string what) =>
        new(name.Database, BinaryText.Decode(name.Key), what);

    private static DemoKeyList Read(TextReader reader)
    {
        var list = new DemoKeyList();
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            var members = document.RootElement;
            // A function library is no key.
            if (!members.TryGetProperty("key", out var key))
                continue;
            var expiry = members.GetProperty("expiry_ms");
            list._keys.Add(
                (members.GetProperty("db").GetInt32(), key.GetString()!),
                (
                    members.GetProperty("type").GetString()!,
                    expiry.ValueKind == JsonValueKind.Null ? null : expiry.GetInt64()
                )
            );
        }

        return list;
    }
}
