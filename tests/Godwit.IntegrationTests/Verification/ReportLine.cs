using System.Text.Json;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Verification;

/// <summary>A line of the report, as far as a test says what it must be.</summary>
/// <param name="Kind">In what the key differs.</param>
/// <param name="Database">Its database at the source.</param>
/// <param name="Key">Its name, one character a byte.</param>
/// <param name="Where">Where it differs first, as JSON; empty for nowhere within.</param>
internal sealed record ReportLine(string Kind, int Database, string Key, string Where)
{
    public static IReadOnlyList<ReportLine> Read(string path) => [.. File.ReadLines(path).Select(Parse)];

    private static ReportLine Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var members = document.RootElement;
        return new(
            members.GetProperty("kind").GetString()!,
            members.TryGetProperty("db", out var database) ? database.GetInt32() : -1,
            BinaryText.Decode(members.GetProperty("key").GetString()!),
            members.TryGetProperty("where", out var where) ? where.GetRawText() : ""
        );
    }
}
