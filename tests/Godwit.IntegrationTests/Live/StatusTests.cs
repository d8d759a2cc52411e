using System.Diagnostics;
using System.Text.Json;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary><c>godwit status</c>, <c>godwit stop</c> and <c>--fence</c>, as their users run them.</summary>
public sealed class StatusTests
{
    [Fact]
    public async Task Stop_OfARunningJob_EndsItInOrderAndItGoesOn()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var client = source.Connect();
        using var targetClient = target.Connect();
        using var writer = new NumberWriter(source);
        client.Call("DEBUG", "POPULATE", 1000, "key", 20);
        using var godwit = new GodwitProcess();

        var migration = await godwit.RunAsync(
            async _ =>
            {
                await FollowsAsync(godwit);
                writer.Write(100);
                await Wait.UntilAsync(() => Number(targetClient) == writer.Last, "the changes are at the target");
                var status = await CaughtUpAsync(godwit);
                var changes = status.GetProperty("changes");
                changes.GetProperty("received").GetInt64().ShouldBeGreaterThanOrEqualTo(100);
                changes.GetProperty("applied").GetInt64().ShouldBeGreaterThanOrEqualTo(100);
                changes.GetProperty("lag_bytes").GetInt64().ShouldBe(0);
                status.GetProperty("keys").GetProperty("written").GetInt64().ShouldBe(1000);
                status.GetProperty("source").GetString().ShouldBe(source.Uri);
                status.GetProperty("link").GetProperty("phase").GetString().ShouldBe("streaming");

                var second = await godwit.RunAsync("migrate", source.Uri, target.Uri, "--live", "--resume");
                second.ShouldHaveEnded(3);
                second.Error.ShouldContain("Another process is at work");

                var stop = await godwit.RunAsync("stop", "--json");
                stop.ShouldHaveEnded(0);
                stop.Json.GetProperty("phase").GetString().ShouldBe("stopped");
                stop.Json.GetProperty("running").GetBoolean().ShouldBeFalse();
            },
            "migrate",
            source.Uri,
            target.Uri,
            "--live",
            "--json"
        );
        migration.ShouldHaveEnded(130);
        migration.Status.ShouldBe("interrupted");

        var after = await godwit.RunAsync("status", "--json");
        after.ShouldHaveEnded(1);
        after.Json.GetProperty("phase").GetString().ShouldBe("stopped");
        (await godwit.RunAsync("stop")).ShouldHaveEnded(1);

        writer.Write(50);
        var resumed = await godwit.RunAsync(
            "migrate",
            source.Uri,
            target.Uri,
            "--live",
            "--resume",
            "--until",
            "caught-up",
            "--fence",
            "--json"
        );
        resumed.ShouldHaveEnded(0);
        resumed.Json.GetProperty("changes").GetProperty("fence").GetBoolean().ShouldBeTrue();
        Number(targetClient).ShouldBe(writer.Last);
        client.Call("KEYS", "godwit:*").ShouldBe(Array.Empty<object>());
        targetClient.Call("KEYS", "godwit:*").ShouldBe(Array.Empty<object>());
        targetClient.Number("DBSIZE").ShouldBe(client.Number("DBSIZE"));
        Directory
            .EnumerateFiles(godwit.PathOf(".godwit"), "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .ShouldBe(["cut-over.json"], "only what says where it ended, for whoever wants to go back");
        (await godwit.RunAsync("status")).ShouldHaveEnded(3);
    }

    [Fact]
    public async Task Forget_OfAKilledJob_RemovesItsRecordAndItsState()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = source.Connect();
        using var targetClient = target.Connect();
        client.Call("SET", "a", 1);
        using var godwit = new GodwitProcess();
        var state = godwit.PathOf("job");

        await godwit.RunAsync(
            async process =>
            {
                await FollowsAsync(godwit, "--state", state);
                (await ForgetAsync("--yes")).ShouldHaveEnded(3);
                process.Kill(entireProcessTree: true);
            },
            "migrate",
            source.Uri,
            target.Uri,
            "--live",
            "--state",
            state
        );

        File.Exists(Path.Combine(state, "job.sock")).ShouldBeTrue("a killed run leaves its socket");
        var status = await godwit.RunAsync("status", "--state", state, "--json");
        status.ShouldHaveEnded(1);
        status.Json.GetProperty("running").GetBoolean().ShouldBeFalse();
        status.Json.GetProperty("phase").GetString().ShouldBe("killed");
        status.Json.GetProperty("resume_command").GetString().ShouldNotBeNull().ShouldContain("--resume");

        targetClient.Call("EXISTS", "a").ShouldBe(1L);
        (await ForgetAsync()).ShouldHaveEnded(3);
        targetClient.Number("DBSIZE").ShouldBe(2, "the data, and the job's record");
        (await ForgetAsync("--yes")).ShouldHaveEnded(0);
        targetClient.Number("DBSIZE").ShouldBe(1);
        targetClient.Text("GET", "a").ShouldBe("1");
        Directory.Exists(state).ShouldBeFalse();

        Task<GodwitResult> ForgetAsync(params string[] more) =>
            godwit.RunAsync(["status", "--forget", "--state", state, .. more]);
    }

    private static Task<JsonElement> FollowsAsync(GodwitProcess godwit, params string[] which) =>
        UntilAsync(godwit, status => status.GetProperty("phase").GetString() == "following", which);

    private static Task<JsonElement> CaughtUpAsync(GodwitProcess godwit) =>
        UntilAsync(
            godwit,
            status =>
                status.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                && changes.GetProperty("caught_up").GetBoolean()
        );

    private static async Task<JsonElement> UntilAsync(
        GodwitProcess godwit,
        Func<JsonElement, bool> condition,
        params string[] which
    )
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var result = await godwit.RunAsync(["status", "--json", .. which]);
            if (result.ExitCode == 0 && condition(result.Json))
                return result.Json;
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2), result.Everything);
        }
    }

    private static long Number(RespClient client) =>
        client.Call("GET", NumberWriter.Key) is byte[] bytes
            ? long.Parse(bytes, System.Globalization.CultureInfo.InvariantCulture)
            : 0;
}
