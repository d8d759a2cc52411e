using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>RDB files held against servers, in either direction.</summary>
public sealed class FileComparisonTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Verify_FileAndTheServerThatWroteIt_AreEqual(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        using var godwit = new GodwitProcess();

        var toServer = await godwit.RunAsync("verify", source.Lent.RdbFile, source.Lent.Uri, "--json", "--rounds", "1");
        var toFile = await godwit.RunAsync("verify", source.Lent.Uri, source.Lent.RdbFile, "--json", "--rounds", "1");

        foreach (var result in (GodwitResult[])[toServer, toFile])
        {
            result.ShouldHaveEnded(0);
            var keys = result.Json.GetProperty("keys");
            keys.GetProperty("equal").GetInt64().ShouldBe(source.Lent.State.Keys.Count);
            keys.GetProperty("compared").GetInt64().ShouldBe(source.Lent.State.Keys.Count);
        }
    }

    [Fact]
    public async Task Verify_FileAndServer_PlantedDifferencesAreFoundNamedAndRepaired()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var source = server.Connect();
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        target.Lent.Client.Call("SELECT", 0);
        var pair = new PlantedPair(source, target.Lent.Client);
        PlantedDifferences.Plant(pair, isLargeToo: true);
        await server.SaveAsync();
        using var godwit = new GodwitProcess();

        var toServer = await godwit.RunAsync(
            "verify",
            server.RdbFile,
            target.Lent.Uri,
            "--report",
            "server.ndjson",
            "--rounds",
            "2",
            "--delay",
            "0",
            "--json"
        );
        var toFile = await godwit.RunAsync(
            "verify",
            target.Lent.Uri,
            server.RdbFile,
            "--report",
            "file.ndjson",
            "--rounds",
            "1",
            "--json"
        );

        toServer.ShouldHaveEnded(1);
        toFile.ShouldHaveEnded(1);
        ReportLine
            .Read(godwit.PathOf("server.ndjson"))
            .Where(line => line.Database >= 0)
            .ShouldBe(pair.Planted.Select(InFile), ignoreOrder: true, toServer.Everything);
        ReportLine
            .Read(godwit.PathOf("file.ndjson"))
            .Where(line => line.Database >= 0)
            .ShouldBe(pair.Planted.Select(InFile).Select(TheOtherWay), ignoreOrder: true, toFile.Everything);

        var repaired = await godwit.RunAsync(
            "verify",
            server.RdbFile,
            target.Lent.Uri,
            "--rounds",
            "1",
            "--repair",
            "--delete-extra",
            "--json"
        );
        repaired.ShouldHaveEnded(0);
        repaired.Json.GetProperty("keys").GetProperty("repaired").GetInt64().ShouldBe(pair.Planted.Count);
    }

    [Fact]
    public async Task Verify_TwoFiles_PlantedDifferencesAreFoundAndNamed()
    {
        await using var first = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var second = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var source = first.Connect();
        using var target = second.Connect();
        var pair = new PlantedPair(source, target);
        PlantedDifferences.Plant(pair, isLargeToo: true);
        await first.SaveAsync();
        await second.SaveAsync();
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "verify",
            first.RdbFile,
            second.RdbFile,
            "--report",
            "report.ndjson",
            "--max-memory",
            "64MiB",
            "--json"
        );

        result.ShouldHaveEnded(1);
        var lines = ReportLine.Read(godwit.PathOf("report.ndjson"));
        lines
            .Where(line => line.Database >= 0)
            .ShouldBe(pair.Planted.Select(InTwoFiles), ignoreOrder: true, result.Everything);
        string[] libraries = ["extra extra", "missing missing", "value changed"];
        lines
            .Where(line => line.Database < 0)
            .Select(line => $"{line.Kind} {line.Key}")
            .ShouldBe(libraries, ignoreOrder: true);

        var same = await godwit.RunAsync("verify", first.RdbFile, first.RdbFile, "--json");
        same.ShouldHaveEnded(0);
        same.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(TargetServer.CountKeys(source));
    }

    // Of a value that is too large to be held it is not known where it differs. A server compresses lists and strings in a file
    // to so little that they are held.
    private static ReportLine InTwoFiles(ReportLine line)
    {
        string[] large = ["large set", "large zset", "large hash"];
        return large.Any(prefix => line.Key.StartsWith(prefix, StringComparison.Ordinal))
            ? line with
            {
                Where = "",
            }
            : line;
    }

    // Which member a large value of a server has beyond those of a file is not looked for.
    private static ReportLine InFile(ReportLine line) =>
        line.Key is "large set:more" ? line with { Where = """{"of":"length"}""" } : line;

    private static ReportLine TheOtherWay(ReportLine line) =>
        line with
        {
            Kind = line.Kind switch
            {
                "missing" => "extra",
                "extra" => "missing",
                _ => line.Kind,
            },
        };
}
