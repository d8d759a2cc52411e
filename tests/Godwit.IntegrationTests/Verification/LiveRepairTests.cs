using System.Globalization;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>
/// A repair beside a live migration that follows a stream of changes: what is repaired holds none of them twice, whatever the migration has
/// not applied yet.
/// </summary>
public sealed class LiveRepairTests
{
    private const int Counters = 40;
    private const string Changed = "-1000";

    // Whoever reads a counter at the source and writes it at the target writes increments that are still on their way there.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    public async Task Verify_RepairOfCountersThatRun_AppliesNoIncrementTwice(int fromShards, int toShards)
    {
        await using var source = await VerifiedSide.StartAsync(ServerVersion.Redis70, fromShards);
        await using var target = await VerifiedSide.StartAsync(ServerVersion.Valkey81, toShards);
        source.Client.Pipeline(Names.Select(name => (object[])["SET", name, 0]));
        source.Client.Call("SET", "missing", "value");
        using var godwit = new GodwitProcess();
        GodwitResult? result = null;

        await FollowAsync(
            godwit,
            source.Uri,
            target.Uri,
            async _ =>
            {
                target.Client.Pipeline(Names.Select(name => (object[])["SET", name, Changed]));
                target.Client.Call("DEL", "missing");
                target.Client.Call("SET", "extra", "value");
                using var enough = new CancellationTokenSource();
                var writing = Task.Run(() => Count(source.Client, enough.Token), CancellationToken.None);

                result = await RepairAsync(godwit, source.Uri, target.Uri);
                await enough.CancelAsync();
                await writing;
                await RunningJob.CaughtUpAsync(godwit);
                (await godwit.RunAsync("verify", source.Uri, target.Uri)).ShouldHaveEnded(0);
            }
        );

        foreach (var name in Names)
            target.Client.Call("GET", name).ShouldBe(source.Client.Call("GET", name), name);
        target.Client.Call("GET", "missing").ShouldBe(source.Client.Call("GET", "missing"));
        target.Client.Call("EXISTS", "extra").ShouldBe(0L);
        result!.Error.ShouldContain("A live migration between the two is at work");
        result.Json.GetProperty("keys").GetProperty("repaired").GetInt64().ShouldBeGreaterThanOrEqualTo(2);
    }

    // It is known to be at work, and not what it is yet to apply.
    [Fact]
    public async Task Verify_RepairWhileTheMigrationStandsStill_WritesNothingBesideIt()
    {
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var later = await RedisServer.StartAsync(ServerVersion.Valkey81);
        using var source = old.Connect();
        using var target = later.Connect();
        source.Call("SET", "counter", 1);
        using var godwit = new GodwitProcess();

        await FollowAsync(
            godwit,
            old.Uri,
            later.Uri,
            async process =>
            {
                target.Call("SET", "counter", Changed);
                target.Call("SET", "extra", "value");
                await GodwitProcess.SignalAsync(process, "STOP");
                source.Call("INCR", "counter");
                var result = await RepairAsync(
                    godwit,
                    old.Uri,
                    later.Uri,
                    async () =>
                    {
                        // A repair of its own is through by then.
                        for (var i = 0; i < 100 && target.Text("GET", "counter") == Changed; i++)
                            await Task.Delay(200, TestContext.Current.CancellationToken);
                        await GodwitProcess.SignalAsync(process, "CONT");
                    }
                );

                result.ShouldHaveEnded(0);
                await RunningJob.CaughtUpAsync(godwit);
            }
        );

        target.Text("GET", "counter").ShouldBe("2");
        target.Number("EXISTS", "extra").ShouldBe(0);
    }

    // It writes states, whoever else does.
    [Fact]
    public async Task Verify_RepairBesideAMigrationThatFollowsByNames_IsItsOwn()
    {
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var later = await RedisServer.StartAsync(ServerVersion.Valkey81);
        using var source = old.Connect();
        using var target = later.Connect();
        source.Call("SET", "key", "value");
        using var godwit = new GodwitProcess();

        await FollowAsync(
            godwit,
            old.Uri,
            later.Uri,
            async _ =>
            {
                target.Call("SET", "key", Changed);
                target.Call("SET", "extra", "value");

                (await RepairAsync(godwit, old.Uri, later.Uri)).ShouldHaveEnded(0);
            },
            "--follow",
            "tracking"
        );

        target.Text("GET", "key").ShouldBe("value");
        target.Number("EXISTS", "extra").ShouldBe(0);
    }

    [Fact]
    public async Task Verify_RepairWhileTheMigrationIsStopped_WarnsOfResumingIt()
    {
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var later = await RedisServer.StartAsync(ServerVersion.Valkey81);
        using var target = later.Connect();
        target.Call("SET", "extra", "value");
        using var godwit = new GodwitProcess();
        await FollowAsync(godwit, old.Uri, later.Uri, _ => Task.CompletedTask);

        var result = await RepairAsync(godwit, old.Uri, later.Uri);

        result.Error.ShouldContain("do not resume it");
        target.Number("EXISTS", "extra").ShouldBe(0);
    }

    private static IEnumerable<string> Names =>
        Enumerable.Range(0, Counters).Select(i => string.Create(CultureInfo.InvariantCulture, $"counter:{i}"));

    private static void Count(IRespPipeline client, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
            client.Pipeline(Enumerable.Repeat(Names, 5).SelectMany(names => names).Select(n => (object[])["INCR", n]));
    }

    private static async Task FollowAsync(
        GodwitProcess godwit,
        string source,
        string target,
        Func<System.Diagnostics.Process, Task> meanwhile,
        params string[] options
    )
    {
        var migration = await godwit.RunAsync(
            async process =>
            {
                await RunningJob.CaughtUpAsync(godwit);
                await meanwhile(process);
                (await godwit.RunAsync("stop")).ShouldHaveEnded(0);
            },
            ["migrate", source, target, "--live", "--json", .. options]
        );
        migration.ShouldHaveEnded(130);
    }

    // With one look, so that what is on its way is not waited for beforehand.
    private static Task<GodwitResult> RepairAsync(
        GodwitProcess godwit,
        string source,
        string target,
        Func<Task>? meanwhile = null
    ) =>
        godwit.RunAsync(
            _ => meanwhile?.Invoke() ?? Task.CompletedTask,
            "verify",
            source,
            target,
            "--rounds",
            "1",
            "--repair",
            "--delete-extra",
            "--json"
        );
}
