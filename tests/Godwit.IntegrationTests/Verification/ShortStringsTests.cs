using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>Where nearly all keys are short strings they are asked for as such: whatever else is among them must be found all the same.</summary>
public sealed class ShortStringsTests(Fleet fleet)
{
    private const int Keys = 40_000;
    private const long Far = 4_102_444_800_123;

    // Nothing that DUMP would compress.
    private const string Fill =
        "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'key:' .. i, string.sub(redis.sha1hex(i), -(i % 40) - 1)) end";

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis70)]
    public async Task Verify_OddKeysAmongManyShortStrings_NamesEachDifferenceOnce(ServerVersion from, ServerVersion to)
    {
        using var source = await fleet.BorrowTargetAsync(from);
        using var target = await fleet.BorrowTargetAsync(to);
        var pair = new PlantedPair(source.Lent.Client, target.Lent.Client);
        pair.Both("EVAL", Fill, 0, Keys);
        // One alone: where a server refuses often, fewer keys are asked for as strings, and how many depends on the order of SCAN.
        pair.Both("HSET", "hash", "field", 9);
        for (var i = 0; i < 60; i++)
        {
            // Asked for as short strings they are empty, longer than what was asked for, or expire.
            pair.Both("SET", $"empty:{i}", "");
            pair.Both("SET", $"long:{i}", new string('x', 600 + i));
            pair.Both("SET", $"expires:{i}", "x", "PXAT", Far);
        }

        pair.Plant("value", "key:5000", """{"byte":0}""", "SETRANGE", "key:5000", 0, "w");
        pair.Plant("value", "key:7000", "{\"of\":\"length\"}", "APPEND", "key:7000", "!");
        pair.Plant("missing", "key:9000", "", "DEL", "key:9000");
        pair.Plant("ttl", "key:11000", "", "PEXPIREAT", "key:11000", Far);
        pair.Plant("ttl", "expires:7", "", "PEXPIREAT", "expires:7", Far + 1500);
        pair.Plant("ttl", "expires:8", "", "PERSIST", "expires:8");
        target.Lent.Client.Call("DEL", "key:13000");
        pair.Plant("type", "key:13000", "", "SADD", "key:13000", "a");
        pair.Plant("value", "empty:4", "", "SET", "empty:4", "x");
        pair.Plant("missing", "empty:5", "", "DEL", "empty:5");
        pair.Plant("value", "long:6", """{"byte":599}""", "SETRANGE", "long:6", 599, "y");
        pair.Plant("value", "hash", """{"field":"field"}""", "HSET", "hash", "field", "x");
        pair.Plant("extra", "another", "", "SET", "another", "x");
        source.Lent.Client.Call("CONFIG", "RESETSTAT");
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "verify",
            source.Lent.Uri,
            target.Lent.Uri,
            "--delay",
            "0",
            "--json",
            "--report",
            "report.ndjson"
        );

        result.ShouldHaveEnded(1);
        var found = ReportLine.Read(godwit.PathOf("report.ndjson")).Select(line => $"{line.Kind} {line.Key}");
        found
            .Order(StringComparer.Ordinal)
            .ShouldBe(pair.Planted.Select(line => $"{line.Kind} {line.Key}").Order(StringComparer.Ordinal));
        var keys = result.Json.GetProperty("keys");
        keys.GetProperty("compared").GetInt64().ShouldBe(Keys + 1 + (3 * 60));
        Calls(source.Lent.Client, "getrange").ShouldBeGreaterThan(Keys / 4, "many are asked for as strings");
        Calls(source.Lent.Client, "dump").ShouldBeLessThan(Keys * 3 / 4);
    }

    private static long Calls(RespClient client, string command) =>
        client
            .Text("INFO", "commandstats")
            .Split('\n')
            .Where(line => line.StartsWith($"cmdstat_{command}:calls=", StringComparison.Ordinal))
            .Select(line => line.Split('=', ',')[1])
            .Select(calls => long.Parse(calls, System.Globalization.CultureInfo.InvariantCulture))
            .SingleOrDefault();
}
