using System.Text.Json;

namespace Godwit.IntegrationTests.Running;

/// <summary>How one run of the program ended.</summary>
/// <param name="ExitCode">What it gave back.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
/// <param name="FailedKeys">The errors files in its directory, cut short where they are long.</param>
internal sealed record GodwitResult(int ExitCode, string Output, string Error, string FailedKeys)
{
    /// <summary>Everything that it said, for a failing test and for a look after secrets.</summary>
    public string Everything =>
        $"exit code {ExitCode}\n--- standard output\n{Output}\n--- standard error\n{Error}\n--- failed keys\n{FailedKeys}";

    /// <summary>What <c>--json</c> put on standard output, which must be one object and nothing else.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                using var document = JsonDocument.Parse(Output);
                return document.RootElement.Clone();
            }
            catch (JsonException exception)
            {
                throw new InvalidOperationException(
                    $"standard output is not one JSON object: {exception.Message}\n{Everything}",
                    exception
                );
            }
        }
    }

    public string Status => Json.GetProperty("status").GetString()!;

    /// <summary>How the one source was read: <c>sync</c>, <c>scan</c> or <c>rdb</c>.</summary>
    public string ReadWay => Json.GetProperty("sources")[0].GetProperty("read").GetString()!;

    public KeyCounts Keys
    {
        get
        {
            var keys = Json.GetProperty("keys");
            return new(
                Count("read"),
                Count("written"),
                Count("skipped"),
                Count("filtered"),
                Count("expired"),
                Count("failed")
            );

            long Count(string name) => keys.GetProperty(name).GetInt64();
        }
    }

    /// <summary>Accepted losses by their name.</summary>
    public IReadOnlyDictionary<string, long> Lost =>
        Json.GetProperty("lost")
            .EnumerateObject()
            .ToDictionary(loss => loss.Name, loss => loss.Value.GetInt64(), StringComparer.Ordinal);

    public void ShouldHaveEnded(int exitCode) => ExitCode.ShouldBe(exitCode, Everything);
}

/// <summary>What became of the keys, as the program reports it.</summary>
internal sealed record KeyCounts(long Read, long Written, long Skipped, long Filtered, long Expired, long Failed)
{
    /// <summary>The promise that every key is accounted for.</summary>
    public void ShouldAddUp() => Read.ShouldBe(Written + Skipped + Filtered + Expired + Failed, ToString());
}
