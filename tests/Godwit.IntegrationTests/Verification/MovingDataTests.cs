using System.Globalization;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>
/// A source that takes 10,000 writes a second and a target that follows it, as its replica or by a live migration: nothing but
/// what was planted is different.
/// </summary>
[TakesLong]
public sealed class MovingDataTests
{
    private const int QuietKeys = 20_000;
    private const int Planted = 20;

    /// <summary>One, or as many as <c>GODWIT_SEEDS</c> says.</summary>
    public static TheoryData<int> Seeds =>
        [
            .. Enumerable.Range(
                1,
                int.Parse(Environment.GetEnvironmentVariable("GODWIT_SEEDS") ?? "1", CultureInfo.InvariantCulture)
            ),
        ];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Verify_WhileWritesGoOn_FindsThePlantedDifferencesAlone(int seed)
    {
        await using var primary = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var replica = await RedisServer.StartAsync(ServerVersion.Redis70, "--replica-read-only", "no");
        using var source = primary.Connect();
        using var target = replica.Connect();
        AddQuietKeys(source);
        await Replication.FollowAsync(target, primary.Port);
        await using var writer = BusyWriter.Start(primary, seed);
        await Wait.UntilAsync(() => target.Number("DBSIZE") > QuietKeys, "the replica gets the first writes");
        var planted = ChooseQuietKeys(seed);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            _ =>
            {
                foreach (var key in planted)
                    target.Call("APPEND", key, "!");
                return Task.CompletedTask;
            },
            "verify",
            TargetServer.UriOf(primary),
            TargetServer.UriOf(replica),
            "--delay",
            "0.5",
            "--report",
            "report.ndjson",
            "--json"
        );
        await writer.StopAsync();

        ShouldDifferJustIn(planted, result, godwit);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Verify_WhileALiveMigrationRuns_FindsThePlantedDifferencesAlone(int seed)
    {
        await using var source = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Valkey81, 0);
        await ShouldFindThePlantedAloneAsync(source, target, seed);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Verify_WhileALiveMigrationOfClustersRuns_FindsThePlantedDifferencesAlone(int seed)
    {
        await using var source = await VerifiedSide.StartAsync(ServerVersion.Redis70, 3);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Valkey81, 2);
        await ShouldFindThePlantedAloneAsync(source, target, seed);
    }

    private static async Task ShouldFindThePlantedAloneAsync(VerifiedSide source, VerifiedSide target, int seed)
    {
        AddQuietKeys(source.Client);
        await using var writer = source.StartWriting(seed);
        var planted = ChooseQuietKeys(seed);
        using var godwit = new GodwitProcess();

        var migration = await godwit.RunAsync(
            async process =>
            {
                await RunningJob.CaughtUpAsync(godwit);
                var result = await godwit.RunAsync(
                    _ =>
                    {
                        foreach (var key in planted)
                            target.Client.Call("APPEND", key, "!");
                        return Task.CompletedTask;
                    },
                    "verify",
                    source.Uri,
                    target.Uri,
                    "--delay",
                    "0.5",
                    "--report",
                    "report.ndjson",
                    "--json"
                );
                await writer.StopAsync();
                TestContext.Current.TestOutputHelper!.WriteLine(
                    $"Seed {seed}: {result.Json.GetProperty("keys").GetRawText()}"
                );
                result.Error.ShouldContain("A live migration between the two is at work");
                ShouldDifferJustIn(planted, result, godwit);
                (await godwit.RunAsync("stop")).ShouldHaveEnded(0);
            },
            "migrate",
            source.Uri,
            target.Uri,
            "--live",
            "--json"
        );

        migration.ShouldHaveEnded(130);
    }

    // What expires soon is written later than it is meant, so that it does not strike before a change that renews it. What it is meant to
    // be is compared; of a field's, others may hide behind it.
    [Fact]
    public async Task Verify_LiveMigrationHoldsExpiriesBack_ComparesWhatIsMeant()
    {
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis80);
        await using var later = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var source = old.Connect();
        source.Call("SET", "stays", 1);
        using var godwit = new GodwitProcess();

        await godwit.RunAsync(
            async process =>
            {
                await RunningJob.CaughtUpAsync(godwit);
                source.Call("SET", "soon", 1, "PX", 55_000);
                source.Call("RPUSH", "list", 1);
                source.Call("PEXPIRE", "list", 55_000);
                source.Call("HSET", "hash", "soon", 1, "late", 2);
                source.Call("HPEXPIRE", "hash", 55_000, "FIELDS", 1, "soon");
                var result = await godwit.RunAsync("verify", old.Uri, later.Uri, "--delay", "0.1", "--json");

                result.ShouldHaveEnded(0);
                var keys = result.Json.GetProperty("keys");
                keys.GetProperty("moving").GetInt64().ShouldBe(1, result.Everything);
                keys.GetProperty("equal").GetInt64().ShouldBe(3);

                using var target = later.Connect();
                target.Call("PEXPIREAT", "soon", target.Number("PEXPIRETIME", "soon") + 60_000);
                result = await godwit.RunAsync("verify", old.Uri, later.Uri, "--delay", "0.1", "--json");

                result.ShouldHaveEnded(1);
                result.Json.GetProperty("keys").GetProperty("ttl").GetInt64().ShouldBe(1, result.Everything);
                (await godwit.RunAsync("stop")).ShouldHaveEnded(0);
            },
            "migrate",
            old.Uri,
            later.Uri,
            "--live"
        );
    }

    [Fact]
    public async Task Verify_LiveMigrationStandsStill_CallsNothingDifferent()
    {
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var later = await RedisServer.StartAsync(ServerVersion.Valkey81);
        using var source = old.Connect();
        AddQuietKeys(source);
        using var godwit = new GodwitProcess();

        await godwit.RunAsync(
            async process =>
            {
                await RunningJob.CaughtUpAsync(godwit);
                await GodwitProcess.SignalAsync(process, "STOP");
                source.Call("SET", "on its way", 1);
                var result = await godwit.RunAsync(
                    "verify",
                    old.Uri,
                    later.Uri,
                    "--rounds",
                    "2",
                    "--delay",
                    "0.1",
                    "--json"
                );
                await GodwitProcess.SignalAsync(process, "CONT");

                result.ShouldHaveEnded(1);
                result.Status.ShouldBe("cannot-tell");
                var keys = result.Json.GetProperty("keys");
                keys.GetProperty("moving").GetInt64().ShouldBe(1);
                keys.GetProperty("missing").GetInt64().ShouldBe(0);
                keys.GetProperty("extra").GetInt64().ShouldBe(0);
                result.Error.ShouldContain("has not passed on");
                (await godwit.RunAsync("stop")).ShouldHaveEnded(0);
            },
            "migrate",
            old.Uri,
            later.Uri,
            "--live"
        );
    }

    private static void AddQuietKeys(IRespPipeline source) =>
        source.Pipeline(Enumerable.Range(1, QuietKeys).Select(i => (object[])["SET", $"quiet:{i}", $"value {i}"]));

    private static HashSet<string> ChooseQuietKeys(int seed)
    {
        var random = new Random(seed);
        var chosen = new HashSet<string>(StringComparer.Ordinal);
        while (chosen.Count < Planted)
            chosen.Add(string.Create(CultureInfo.InvariantCulture, $"quiet:{random.Next(QuietKeys) + 1}"));
        return chosen;
    }

    private static void ShouldDifferJustIn(HashSet<string> planted, GodwitResult result, GodwitProcess godwit)
    {
        result.ShouldHaveEnded(1);
        var different = ReportLine.Read(godwit.PathOf("report.ndjson")).Where(line => line.Kind != "moving").ToList();
        different.ShouldAllBe(line => line.Kind == "value", result.Everything);
        planted.SetEquals(different.Select(line => line.Key)).ShouldBeTrue(result.Everything);
        different.Count.ShouldBe(Planted);
    }
}
