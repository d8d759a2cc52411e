using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Migration;

/// <summary>The primary that Sentinels name as the target, and a failover in the middle.</summary>
[TakesLong]
public sealed class SentinelTargetTests
{
    // The second one comes before the last replica can have followed the first new primary: what that one took is lost with it.
    [Theory]
    [InlineData("Redis80")]
    [InlineData("Valkey91")]
    public async Task Migrate_NewPrimaryIsKilledAtOnce_TheLastServerGetsAll(string name)
    {
        var version = name == "Redis80" ? ServerVersion.Redis80 : ServerVersion.Valkey91;
        await using var source = await RedisServer.StartAsync(version);
        using var client = source.Connect();
        DataSet.Fill(client);
        await using var set = await SentinelSet.StartAsync(version);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async _ =>
            {
                await WaitForKeysAsync(set.Primary, 100);
                var killed = await set.KillPrimaryAsync();
                await Wait.UntilAsync(() => set.Primary != killed, "another primary is named");
                var second = set.Primary;
                using (var reader = second.Connect())
                {
                    var before = reader.Number("DBSIZE");
                    await Wait.UntilAsync(() => reader.Number("DBSIZE") > before, "it takes keys");
                }

                await set.KillPrimaryAsync();
            },
            "migrate",
            source.Uri,
            set.Uri,
            "--json",
            "--max-keys-per-second",
            "400",
            "--large-value",
            NothingInPieces
        );

        result.ShouldHaveEnded(0);
        using var there = set.Primary.Connect();
        var state = ServerStateReader.Read(client);
        ServerComparison
            .Compare(state, ServerStateReader.Read(there), new() { IgnoreEntriesRead = true })
            .ShouldBeEmpty(result.Everything);
        result.Keys.Written.ShouldBe(state.Keys.Count);
    }

    // A primary that is started anew at once, before anybody misses it, has only what its last snapshot held.
    [Fact]
    public async Task Migrate_PrimaryComesBackEmpty_TheLossIsTold()
    {
        const ServerVersion Version = ServerVersion.Redis70;
        await using var source = await RedisServer.StartAsync(Version);
        using var client = source.Connect();
        DataSet.Fill(client);
        await using var set = await SentinelSet.StartAsync(Version, new() { Replicas = 0 });
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async _ =>
            {
                await WaitForKeysAsync(set.Primary, 100);
                var primary = set.Primary;
                await primary.KillAsync();
                await primary.StartAgainAsync();
            },
            "migrate",
            source.Uri,
            set.Uri,
            "--json",
            "--max-keys-per-second",
            "200",
            "--large-value",
            NothingInPieces
        );

        result.ShouldHaveEnded(4);
        result.Error.ShouldContain("has come back without all that it had before");
    }

    [Theory]
    [InlineData("Redis70", true, "auto")]
    [InlineData("Redis70", false, "auto")]
    [InlineData("Valkey91", true, "commands")]
    [InlineData("Redis80", false, "auto")]
    public async Task Migrate_FailoverMeanwhile_TheNewPrimaryGetsAll(string name, bool orderly, string write)
    {
        var version = name switch
        {
            "Redis70" => ServerVersion.Redis70,
            "Redis80" => ServerVersion.Redis80,
            _ => ServerVersion.Valkey91,
        };
        await using var source = await RedisServer.StartAsync(version);
        using var client = source.Connect();
        DataSet.Fill(client);
        await using var set = await SentinelSet.StartAsync(version, new() { SentinelPassword = "watch" });
        using var godwit = new GodwitProcess();
        godwit.Environment["GODWIT_TARGET_SENTINEL_PASSWORD"] = "watch";
        var target = set.Uri;

        var result = await godwit.RunAsync(
            async _ =>
            {
                await WaitForKeysAsync(set.Primary, 100);
                if (orderly)
                    await set.FailOverAsync();
                else
                    await set.KillPrimaryAsync();
            },
            "migrate",
            source.Uri,
            target,
            "--json",
            "--write",
            write,
            "--max-keys-per-second",
            "400",
            "--large-value",
            NothingInPieces
        );

        result.ShouldHaveEnded(0);
        result.Keys.ShouldAddUp();
        result.Json.GetProperty("target").GetProperty("uri").GetString().ShouldBe(target);
        result.Json.GetProperty("events").EnumerateArray().ShouldNotBeEmpty(result.Everything);
        using var there = set.Primary.Connect();
        var state = ServerStateReader.Read(client);
        ServerComparison
            .Compare(state, ServerStateReader.Read(there), new() { IgnoreEntriesRead = true })
            .ShouldBeEmpty(result.Everything);
        result.Keys.Written.ShouldBe(state.Keys.Count);
    }

    // A value in pieces that a failover meets halfway is a failed key, for a single server does not give it twice.
    private const string NothingInPieces = "512MiB";

    private static async Task WaitForKeysAsync(RedisServer server, int count)
    {
        using var client = server.Connect();
        await Wait.UntilAsync(() => client.Number("DBSIZE") >= count, $"{count} keys have arrived");
    }
}
