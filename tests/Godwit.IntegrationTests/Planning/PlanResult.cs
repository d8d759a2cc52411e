using System.Text.Json;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Planning;

/// <summary>What <c>godwit plan --json</c> said.</summary>
internal sealed class PlanResult(GodwitResult result)
{
    private readonly JsonElement _json = result.Json;

    public string Everything => result.Everything;

    public string Status => _json.GetProperty("status").GetString()!;

    public JsonElement Source => _json.GetProperty("sources")[0];

    public JsonElement Target => _json.GetProperty("target");

    public JsonElement Estimate => _json.GetProperty("estimate");

    public JsonElement BiggestKeys => _json.GetProperty("biggest_keys");

    /// <summary>Runs a plan, which must end with the given exit code.</summary>
    public static async Task<PlanResult> OfAsync(int exitCode, params string[] arguments)
    {
        var result = await RunAsync(arguments);
        result.ShouldHaveEnded(exitCode);
        return new(result);
    }

    /// <summary>Runs a plan, whatever it finds.</summary>
    public static async Task<PlanResult> OfAnyAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        result.ExitCode.ShouldBeOneOf(0, 3);
        return new(result);
    }

    private static async Task<GodwitResult> RunAsync(string[] arguments)
    {
        using var godwit = new GodwitProcess();
        var result = await godwit.RunAsync(["plan", .. arguments, "--json"]);
        result.Error.ShouldBeEmpty(result.Everything);
        return result;
    }

    /// <summary>A figure of all sources together.</summary>
    public long Sum(string name) => _json.GetProperty("sum").GetProperty(name).GetInt64();

    /// <summary>The worst that a check has found, which must be of this severity.</summary>
    public string Finding(string check, string severity)
    {
        var findings = _json
            .GetProperty("findings")
            .EnumerateArray()
            .Where(finding => finding.GetProperty("check").GetString() == check)
            .ToArray();
        findings.ShouldNotBeEmpty(Everything);
        string[] order = ["stop", "warning", "ok"];
        var worst = findings.MinBy(finding => Array.IndexOf(order, finding.GetProperty("severity").GetString()));
        worst.GetProperty("severity").GetString().ShouldBe(severity, Everything);
        if (severity == "stop")
            worst.GetProperty("way_out").GetString().ShouldNotBeNullOrWhiteSpace(Everything);
        return $"{worst.GetProperty("message").GetString()} {worst.GetProperty("way_out").GetString()}";
    }

    /// <summary>A way of reading or following.</summary>
    public JsonElement Way(string kind, string name) =>
        Source.GetProperty(kind).EnumerateArray().Single(way => way.GetProperty("way").GetString() == name);

    /// <summary>Whether that is open; null where the plan cannot tell.</summary>
    public bool? IsOpen(string kind, string name) =>
        Way(kind, name).GetProperty("open") is { ValueKind: not JsonValueKind.Null } open ? open.GetBoolean() : null;
}
