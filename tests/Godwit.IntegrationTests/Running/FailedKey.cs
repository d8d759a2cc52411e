using System.Text.Json;
using Godwit.IntegrationTests.Comparison;

namespace Godwit.IntegrationTests.Running;

/// <summary>A line of the errors file.</summary>
internal sealed record FailedKey(int Database, string Name, string Type, long? Size, string Reason)
{
    public KeyName KeyName => new(Database, Name);

    /// <summary>Whether it stands for a function library rather than for a key.</summary>
    public bool IsFunction => Type is "function";

    public static IReadOnlyList<FailedKey> Read(string path) => [.. File.ReadLines(path).Select(Parse)];

    private static FailedKey Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var members = document.RootElement;
        var size = members.GetProperty("size");
        return new(
            members.GetProperty("db").ValueKind == JsonValueKind.Null ? 0 : members.GetProperty("db").GetInt32(),
            BinaryText.Decode(members.GetProperty("key").GetString()!),
            members.GetProperty("type").GetString()!,
            size.ValueKind == JsonValueKind.Null ? null : size.GetInt64(),
            members.GetProperty("reason").GetString()!
        );
    }
}
