using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>What was planted is found, named rightly and repaired; nothing else is reported or touched.</summary>
[TakesLong]
public sealed class PlantedDifferencesTests(Fleet fleet)
{
    /// <summary>Each version on either side, each step between two, and each family with the other; or all pairs, where that is asked for.</summary>
    public static TheoryData<ServerVersion, ServerVersion, bool> Pairs
    {
        get
        {
            if (Environment.GetEnvironmentVariable("GODWIT_ALL_PAIRS") is not "1")
            {
                return new()
                {
                    { ServerVersion.Redis60, ServerVersion.Redis70, true },
                    { ServerVersion.Redis70, ServerVersion.Redis80, false },
                    { ServerVersion.Redis80, ServerVersion.Valkey91, true },
                    { ServerVersion.Valkey91, ServerVersion.Valkey81, false },
                    { ServerVersion.Valkey81, ServerVersion.Redis60, false },
                    { ServerVersion.Redis80, ServerVersion.Redis80, false },
                };
            }

            var all = new TheoryData<ServerVersion, ServerVersion, bool>();
            foreach (var source in Enum.GetValues<ServerVersion>())
            {
                foreach (var target in Enum.GetValues<ServerVersion>())
                    all.Add(source, target, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Verify_PlantedDifferences_AreFoundNamedAndRepaired(
        ServerVersion from,
        ServerVersion to,
        bool isLargeToo
    )
    {
        using var source = await fleet.BorrowTargetAsync(from);
        using var target = await fleet.BorrowTargetAsync(to);
        source.Lent.Client.Call("SELECT", 0);
        target.Lent.Client.Call("SELECT", 0);
        var pair = new PlantedPair(source.Lent.Client, target.Lent.Client);
        PlantedDifferences.Plant(pair, isLargeToo);
        using var godwit = new GodwitProcess();
        string[] command = ["verify", source.Lent.Uri, target.Lent.Uri, "--json"];

        var found = await godwit.RunAsync([.. command, "--rounds", "2", "--delay", "0.1", "--report", "found.ndjson"]);

        found.ShouldHaveEnded(1);
        found.Status.ShouldBe("different");
        var lines = ReportLine.Read(godwit.PathOf("found.ndjson"));
        lines.Where(line => line.Database >= 0).ShouldBe(pair.Planted, ignoreOrder: true);
        if (pair.Features.Functions)
        {
            string[] libraries = ["extra extra", "missing missing", "value changed"];
            lines
                .Where(line => line.Database < 0)
                .Select(line => $"{line.Kind} {line.Key}")
                .ShouldBe(libraries, ignoreOrder: true);
        }

        ShouldCount(found, pair, repaired: 0);

        var repaired = await godwit.RunAsync([.. command, "--rounds", "1", "--repair", "--delete-extra"]);
        repaired.ShouldHaveEnded(0);
        repaired.Status.ShouldBe("equal");
        ShouldCount(repaired, pair, repaired: pair.Planted.Count);

        var equal = await godwit.RunAsync([.. command, "--rounds", "1", "--repair", "--delete-extra"]);
        equal.ShouldHaveEnded(0);
        equal.Json.GetProperty("keys").GetProperty("repaired").GetInt64().ShouldBe(0);
    }

    private static void ShouldCount(GodwitResult result, PlantedPair pair, long repaired)
    {
        var keys = result.Json.GetProperty("keys");
        foreach (var kind in (string[])["missing", "extra", "type", "value", "ttl"])
        {
            var planted = pair.Planted.Count(line => line.Kind == kind);
            keys.GetProperty(kind).GetInt64().ShouldBe(planted, $"{kind}\n{result.Everything}");
        }

        var atSource = (long)pair.Source.Call("DBSIZE")! + 2;
        keys.GetProperty("compared").GetInt64().ShouldBe(atSource);
        var differing = pair.Planted.Count(line => line.Kind is not "extra");
        keys.GetProperty("equal").GetInt64().ShouldBe(atSource - differing);
        keys.GetProperty("moving").GetInt64().ShouldBe(0);
        keys.GetProperty("unknown").GetInt64().ShouldBe(0);
        keys.GetProperty("repaired").GetInt64().ShouldBe(repaired);
    }

    [Fact]
    public async Task Verify_AgainstReport_LooksAtWhatItNamesAlone()
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        foreach (var client in (RespClient[])[source.Lent.Client, target.Lent.Client])
        {
            client.Call("SELECT", 0);
            client.Call("MSET", "same", "value", "named", "value", "not named", "value", "\u00e4", "value");
        }

        target.Lent.Client.Call("MSET", "named", "other", "not named", "other");
        using var godwit = new GodwitProcess();
        await File.WriteAllTextAsync(
            godwit.PathOf("earlier.ndjson"),
            "{\"kind\":\"missing\",\"db\":0,\"key\":\"named\"}\n{\"kind\":\"value\",\"db\":0,\"key\":\"base64:w6Q=\"}\n",
            TestContext.Current.CancellationToken
        );

        var result = await godwit.RunAsync(
            "verify",
            source.Lent.Uri,
            target.Lent.Uri,
            "--rounds",
            "1",
            "--against-report",
            "earlier.ndjson",
            "--report",
            "again.ndjson",
            "--json"
        );

        result.ShouldHaveEnded(1);
        var found = ReportLine.Read(godwit.PathOf("again.ndjson")).ShouldHaveSingleItem();
        found.ShouldBe(new ReportLine("value", 0, "named", """{"byte":0}"""));
        result.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBe(2);
    }
}
