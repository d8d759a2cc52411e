using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Verification;

/// <summary>Planted differences between sides of every shape are found, named rightly and repaired, and nothing else is.</summary>
[TakesLong]
public sealed class ShapesTests(Fleet fleet)
{
    [Theory]
    [InlineData(ServerVersion.Redis70, 3, ServerVersion.Redis70, 5)]
    [InlineData(ServerVersion.Redis80, 1, ServerVersion.Valkey91, 3)]
    [InlineData(ServerVersion.Redis70, 0, ServerVersion.Redis80, 3)]
    [InlineData(ServerVersion.Valkey91, 3, ServerVersion.Redis80, 0)]
    public async Task Verify_PlantedBetweenClusters_AreFoundNamedAndRepaired(
        ServerVersion from,
        int fromShards,
        ServerVersion to,
        int toShards
    )
    {
        await using var source = await VerifiedSide.StartAsync(from, fromShards);
        await using var target = await VerifiedSide.StartAsync(to, toShards);
        var pair = new PlantedPair(
            source.Client,
            target.Client,
            PlantedPair.Common(ServerFeatures.Ask(source.One), ServerFeatures.Ask(target.One))
        )
        {
            HasDatabases = false,
        };
        PlantedDifferences.Plant(pair, isLargeToo: false);
        PlantedDifferences.LargeStrings(pair);

        await ShouldFindAndRepairAsync(pair, [source.Uri, target.Uri]);
    }

    [Fact]
    public async Task Verify_ClustersWithDatabases_ComparesEach()
    {
        await using var source = await VerifiedSide.StartAsync(ServerVersion.Valkey91, 3, databases: 4);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Valkey91, 2, databases: 4);
        var pair = new PlantedPair(source.Client, target.Client, ServerFeatures.Ask(source.One));
        PlantedDifferences.Plant(pair, isLargeToo: false);

        await ShouldFindAndRepairAsync(pair, [source.Uri, target.Uri]);
    }

    [Fact]
    public async Task Verify_PrimariesThatSentinelsName_AreCompared()
    {
        await using var source = await SentinelSet.StartAsync(ServerVersion.Redis70);
        await using var target = await SentinelSet.StartAsync(ServerVersion.Redis80);
        using var ours = source.Primary.Connect();
        using var theirs = target.Primary.Connect();
        var pair = new PlantedPair(ours, theirs);
        PlantedDifferences.Plant(pair, isLargeToo: false);

        await ShouldFindAndRepairAsync(pair, [source.Uri, target.Uri]);
    }

    [Fact]
    public async Task Verify_SeveralSources_AreComparedTogether()
    {
        using var first = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var second = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey91);
        for (var i = 0; i < 600; i++)
        {
            (i % 2 == 0 ? first : second).Lent.Client.Call("SET", $"key:{i}", i);
            target.Lent.Client.Call("SET", $"key:{i}", i);
        }

        // In both: what the first one has counts.
        second.Lent.Client.Call("SET", "key:4", "other");
        target.Lent.Client.Call("SET", "key:5", "other");
        target.Lent.Client.Call("DEL", "key:6");
        target.Lent.Client.Call("SET", "more", "other");
        using var godwit = new GodwitProcess();
        string[] command = ["verify", first.Lent.Uri, second.Lent.Uri, target.Lent.Uri, "--delay", "0.1", "--json"];

        var found = await godwit.RunAsync([.. command, "--report", "found.ndjson"]);

        found.ShouldHaveEnded(1);
        ReportLine
            .Read(godwit.PathOf("found.ndjson"))
            .Select(line => $"{line.Kind} {line.Key}")
            .ShouldBe(["value key:5", "missing key:6", "extra more"], ignoreOrder: true);
        (await godwit.RunAsync([.. command, "--repair", "--delete-extra"])).ShouldHaveEnded(0);
        (await godwit.RunAsync(command)).ShouldHaveEnded(0);
        target.Lent.Client.Text("GET", "key:4").ShouldBe("4");
    }

    // With all sources at once the last one to give a key would leave its own there.
    [Fact]
    public async Task Verify_RepairOfSeveralSources_WritesWhatTheFirstOfThemHas()
    {
        const int Keys = 100;
        using var first = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var second = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey91);
        for (var i = 0; i < Keys; i++)
        {
            first.Lent.Client.Call("SET", $"both:{i}", "first");
            second.Lent.Client.Call("SET", $"both:{i}", "second");
            second.Lent.Client.Call("SET", $"later:{i}", "second");
            target.Lent.Client.Call("SET", $"both:{i}", "other");
        }

        // There is more to read of the one, so that the other one's keys come sooner.
        for (var i = 0; i < 20_000; i += 1000)
            second.Lent.Client.Pipeline(Enumerable.Range(i, 1000).Select(n => (object[])["SET", $"more:{n}", n]));
        foreach (
            var (sources, kept) in new[]
            {
                ((Loan<TargetServer>[])[first, second], "first"),
                ([second, first], "second"),
            }
        )
        {
            using var godwit = new GodwitProcess();
            string[] command = ["verify", .. sources.Select(source => source.Lent.Uri), target.Lent.Uri];

            var result = await godwit.RunAsync([.. command, "--rounds", "1", "--repair", "--json"]);

            result.ShouldHaveEnded(0);
            for (var i = 0; i < Keys; i++)
            {
                target.Lent.Client.Text("GET", $"both:{i}").ShouldBe(kept);
                target.Lent.Client.Text("GET", $"later:{i}").ShouldBe("second");
            }
        }
    }

    // It is in another database of the source than before, whose keys go to the same one.
    [Fact]
    public async Task Verify_KeyIsInAnotherDatabaseBySecondLook_IsNotExtra()
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        foreach (var database in (int[])[0, 1])
        {
            source.Lent.Client.Call("SELECT", database);
            source.Lent.Client.Call("SET", $"key:{database}", "value");
            target.Lent.Client.Call("SET", $"key:{database}", "value");
        }

        target.Lent.Client.Call("MSET", "back", "value", "extra", "value");
        using var godwit = new GodwitProcess();
        string[] command = ["verify", source.Lent.Uri, target.Lent.Uri, "--map-db", "1:0", "--delay", "0.1", "--json"];

        var found = await godwit.RunAsync([.. command, "--report", "found.ndjson"]);
        found.ShouldHaveEnded(1);
        found.Json.GetProperty("keys").GetProperty("extra").GetInt64().ShouldBe(2);
        source.Lent.Client.Call("SET", "back", "value");
        source.Lent.Client.Call("SELECT", 0);

        string[] again = [.. command, "--against-report", "found.ndjson"];
        var looked = await godwit.RunAsync([.. again, "--report", "again.ndjson"]);
        ReportLine.Read(godwit.PathOf("again.ndjson")).ShouldHaveSingleItem().Key.ShouldBe("extra", looked.Everything);
        (await godwit.RunAsync([.. again, "--repair", "--delete-extra"])).ShouldHaveEnded(0);
        target.Lent.Client.Number("EXISTS", "back").ShouldBe(1);
        target.Lent.Client.Number("EXISTS", "extra").ShouldBe(0);
    }

    // When the databases were asked for it held no key at all.
    [Fact]
    public async Task Verify_KeyComesToAnEmptyDatabaseBetweenTwoLooks_IsNotExtra()
    {
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var later = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var source = old.Connect();
        using var target = later.Connect();
        source.Call("SET", "key", "value");
        target.Call("MSET", "key", "value", "back", "value");
        source.Call("SELECT", 1);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async _ =>
            {
                // The target is asked for what the source lacks: that is the end of the first look.
                await Wait.UntilAsync(
                    () => target.Text("INFO", "commandstats").Contains("cmdstat_exists", StringComparison.Ordinal),
                    "the first look has found it"
                );
                source.Call("SET", "back", "value");
            },
            "verify",
            old.Uri,
            later.Uri,
            "--map-db",
            "1:0",
            "--delay",
            "5",
            "--repair",
            "--delete-extra",
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Json.GetProperty("keys").GetProperty("extra").GetInt64().ShouldBe(0);
        target.Number("EXISTS", "back").ShouldBe(1);
    }

    [Fact]
    public async Task Verify_MappedDatabases_AreComparedWithWhereTheirKeysGo()
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Redis70, 2);
        foreach (var database in (int[])[0, 3])
        {
            source.Lent.Client.Call("SELECT", database);
            for (var i = 0; i < 200; i++)
            {
                source.Lent.Client.Call("SET", $"key:{database}:{i}", i);
                target.Client.Call("SET", $"key:{database}:{i}", i);
            }
        }

        source.Lent.Client.Call("SELECT", 0);
        target.Client.Call("SET", "key:3:7", "other");
        target.Client.Call("SET", "more", "other");
        using var godwit = new GodwitProcess();
        string[] command = ["verify", source.Lent.Uri, target.Uri, "--map-db", "3:0", "--delay", "0.1", "--json"];

        var found = await godwit.RunAsync([.. command, "--report", "found.ndjson"]);

        found.ShouldHaveEnded(1);
        ReportLine
            .Read(godwit.PathOf("found.ndjson"))
            .Select(line => $"{line.Kind} {line.Database} {line.Key}")
            .ShouldBe(["value 3 key:3:7", "extra 0 more"], ignoreOrder: true);
        (await godwit.RunAsync([.. command, "--repair", "--delete-extra"])).ShouldHaveEnded(0);
    }

    // A key is at one node or the other, and while it moves at both in turn; names may be given twice.
    [Fact]
    public async Task Verify_SlotsMoveAllTheTime_FindsNoDifference()
    {
        await using var source = await VerifiedSide.StartAsync(ServerVersion.Redis70, 3);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Redis70, 3);
        const int Keys = 20_000;
        foreach (var side in (VerifiedSide[])[source, target])
            side.Client.Pipeline(Enumerable.Range(0, Keys).Select(i => (object[])["SET", $"key:{i}", i]));
        using var done = new CancellationTokenSource();
        Task[] moving = [MoveAsync(source.Cluster!, done.Token), MoveAsync(target.Cluster!, done.Token)];
        using var godwit = new GodwitProcess();

        for (var run = 0; run < 2; run++)
        {
            var result = await godwit.RunAsync(
                "verify",
                source.Uri,
                target.Uri,
                "--max-keys-per-second",
                "10000",
                "--delay",
                "0.5",
                "--json"
            );

            result.ShouldHaveEnded(0);
            result.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBeGreaterThanOrEqualTo(Keys);
        }

        await done.CancelAsync();
        await Task.WhenAll(moving);
    }

    // Each primary of a cluster has libraries of its own.
    [Fact]
    public async Task Verify_LibraryIsMissingAtOnePrimaryOfTheSource_SaysWhere()
    {
        await using var source = await VerifiedSide.StartAsync(ServerVersion.Redis70, 3);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        var code = "#!lua name=library\nredis.register_function('library', function() return 1 end)";
        foreach (var side in (VerifiedSide[])[source, target])
            side.Client.Call("FUNCTION", "LOAD", code);
        var lacking = source.Cluster!.Primaries[1];
        lacking.Client.Call("FUNCTION", "DELETE", "library");
        var other = source.Cluster!.Primaries[2];
        other.Client.Call("FUNCTION", "LOAD", "REPLACE", code + " -- changed");
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("verify", source.Uri, target.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.Json.GetProperty("functions").GetProperty("compared").GetInt64().ShouldBe(1);
        result.Error.ShouldContain(
            $"it is missing at {lacking.Server.Uri}, and it is another one at {other.Server.Uri}"
        );
    }

    // Never back: nodes that have not heard yet of the one move would not agree on the other.
    private static async Task MoveAsync(TestCluster cluster, CancellationToken done)
    {
        const int AtOnce = 20;
        for (var first = 0; !done.IsCancellationRequested && first < 5000; first += AtOnce)
            await cluster.MoveAsync(Enumerable.Range(first, AtOnce), cluster.Primaries[0], cluster.Primaries[1]);
    }

    private static async Task ShouldFindAndRepairAsync(PlantedPair pair, string[] sides)
    {
        using var godwit = new GodwitProcess();
        string[] command = ["verify", .. sides, "--json"];

        var found = await godwit.RunAsync([.. command, "--rounds", "2", "--delay", "0.1", "--report", "found.ndjson"]);

        found.ShouldHaveEnded(1);
        var lines = ReportLine.Read(godwit.PathOf("found.ndjson"));
        lines.Where(line => line.Database >= 0).ShouldBe(pair.Planted, ignoreOrder: true, found.Everything);
        if (pair.Features.Functions)
        {
            string[] libraries = ["extra extra", "missing missing", "value changed"];
            lines
                .Where(line => line.Database < 0)
                .Select(line => $"{line.Kind} {line.Key}")
                .ShouldBe(libraries, ignoreOrder: true);
        }

        var repaired = await godwit.RunAsync([.. command, "--rounds", "1", "--repair", "--delete-extra"]);
        repaired.ShouldHaveEnded(0);
        repaired.Json.GetProperty("keys").GetProperty("repaired").GetInt64().ShouldBe(pair.Planted.Count);

        var equal = await godwit.RunAsync([.. command, "--rounds", "1"]);
        equal.ShouldHaveEnded(0);
        var keys = equal.Json.GetProperty("keys");
        keys.GetProperty("equal").GetInt64().ShouldBe(keys.GetProperty("compared").GetInt64());
    }
}
