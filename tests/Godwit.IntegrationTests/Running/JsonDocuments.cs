using System.Globalization;
using System.Text.Json;
using Godwit.IntegrationTests.Comparison;

namespace Godwit.IntegrationTests.Running;

/// <summary>Turns what the program wrote to <c>json:PATH</c> back into the state of a server.</summary>
internal static class JsonDocuments
{
    public static ServerState Read(string path)
    {
        Dictionary<KeyName, KeyState> keys = [];
        Dictionary<string, string> functions = new(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            var members = document.RootElement;
            if (members.TryGetProperty("function", out var function))
                functions.Add(Decode(function), Decode(members.GetProperty("code")));
            else
                keys.Add(
                    new(members.GetProperty("db").GetInt32(), Decode(members.GetProperty("key"))),
                    ReadKey(members)
                );
        }

        return new("json", new(Functions: true, FieldExpiry: true, ExactExpiry: true), keys, functions);
    }

    private static KeyState ReadKey(JsonElement members)
    {
        var type = members.GetProperty("type").GetString()!;
        var expiry = members.GetProperty("expiry_ms");
        Expiry? at = expiry.ValueKind == JsonValueKind.Null ? null : new(expiry.GetInt64(), expiry.GetInt64());
        return new(type, at, ReadValue(type, members));
    }

    private static Dictionary<Detail, string> ReadValue(string type, JsonElement members)
    {
        var value = members.GetProperty("value");
        return type switch
        {
            "string" => new() { [new(Aspects.Value, "")] = Decode(value) },
            "list" => value
                .EnumerateArray()
                .Select((element, i) => (Detail: Place(i), Text: Decode(element)))
                .ToDictionary(pair => pair.Detail, pair => pair.Text),
            "set" => value.EnumerateArray().ToDictionary(member => new Detail(Aspects.Member, Decode(member)), _ => ""),
            "zset" => ReadSortedSet(value),
            "hash" => ReadHash(members, value),
            "stream" => JsonStreamDocument.Read(value),
            _ => throw new InvalidOperationException($"an unknown type of document: {type}"),
        };
    }

    /// <summary>The document promises no order; a server has its members by score, then by bytes.</summary>
    private static Dictionary<Detail, string> ReadSortedSet(JsonElement value)
    {
        var pairs = value
            .EnumerateArray()
            .Select(pair => (Member: Decode(pair[0]), Score: ReadScore(pair[1])))
            .ToList();
        var details = pairs.ToDictionary(
            pair => new Detail(Aspects.Score, pair.Member),
            pair => ValueDetails.Score(pair.Score)
        );
        var ordered = pairs
            .OrderBy(pair => ValueDetails.Number(pair.Score))
            .ThenBy(pair => pair.Member, StringComparer.Ordinal);
        foreach (var (pair, i) in ordered.Select((pair, i) => (pair, i)))
            details.Add(Place(i), pair.Member);
        return details;
    }

    private static string ReadScore(JsonElement score) =>
        score.ValueKind == JsonValueKind.Number ? score.GetRawText()
        : score.GetString() is "inf" or "-inf" ? score.GetString()!
        : throw new FormatException($"a score is a number, inf or -inf, not {score.GetRawText()}");

    private static Dictionary<Detail, string> ReadHash(JsonElement members, JsonElement value)
    {
        var details = value
            .EnumerateObject()
            .ToDictionary(
                field => new Detail(Aspects.Field, BinaryText.Decode(field.Name)),
                field => Decode(field.Value)
            );
        if (members.TryGetProperty("field_expiry_ms", out var expiries))
        {
            foreach (var field in expiries.EnumerateObject())
                details.Add(
                    new(Aspects.FieldExpiry, BinaryText.Decode(field.Name)),
                    field.Value.GetInt64().ToString(CultureInfo.InvariantCulture)
                );
        }

        return details;
    }

    private static Detail Place(int index) => new(Aspects.Element, index.ToString(CultureInfo.InvariantCulture));

    private static string Decode(JsonElement text) => BinaryText.Decode(text.GetString()!);
}
