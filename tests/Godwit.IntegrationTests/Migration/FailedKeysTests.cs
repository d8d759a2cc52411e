using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Keys that cannot arrive: named, counted, limited, tried again.</summary>
public sealed class FailedKeysTests(Fleet fleet)
{
    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Retry_AfterTheCauseIsGone_WritesJustThoseKeys(string read)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        var loss = ExpectedLoss.Between(source.Lent.State, target.Lent.Features);
        string[] arguments = ["migrate", source.Lent.Uri, target.Lent.Uri, "--read", read, "--json"];
        var first = await godwit.RunAsync([.. arguments, "--errors", "failed.ndjson"]);
        first.ShouldHaveEnded(1);
        first.Json.GetProperty("errors_file").GetString().ShouldEndWith("failed.ndjson");

        var second = await godwit.RunAsync([.. arguments, "--retry", "failed.ndjson", "--allow-loss", "field-ttl"]);

        second.ShouldHaveEnded(0);
        second.Keys.ShouldAddUp();
        second.Keys.Written.ShouldBe(loss.Keys.Count);
        ServerComparison.ShouldBeEqual(source.Lent.State, target.Lent.ReadState(), loss.Accepted);
    }

    [Fact]
    public async Task Retry_CauseIsStillThere_NamesThemAgain()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        var loss = ExpectedLoss.Between(source.Lent.State, target.Lent.Features);
        string[] arguments = ["migrate", source.Lent.Uri, target.Lent.Uri, "--json"];
        var first = await godwit.RunAsync([.. arguments, "--errors", "first.ndjson"]);
        first.ShouldHaveEnded(1);

        var second = await godwit.RunAsync([.. arguments, "--retry", "first.ndjson", "--errors", "second.ndjson"]);

        second.ShouldHaveEnded(1);
        second.Keys.Failed.ShouldBe(loss.Keys.Count);
        var named = FailedKey.Read(godwit.PathOf("second.ndjson")).Select(key => key.KeyName);
        named.ShouldBe(loss.Keys, ignoreOrder: true);
    }

    [Fact]
    public async Task MaxErrors_MoreKeysFail_BreaksOffAndSaysSo()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            source.Lent.Uri,
            target.Lent.Uri,
            "--max-errors",
            "2",
            "--errors",
            "failed.ndjson",
            "--json"
        );

        result.ShouldHaveEnded(4);
        result.Status.ShouldBe("failed");
        result.Keys.ShouldAddUp();
        result.Error.ShouldContain("--max-errors");
        FailedKey.Read(godwit.PathOf("failed.ndjson")).Count.ShouldBe((int)result.Keys.Failed);
        result.Keys.Failed.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Migrate_TargetFillsUpMidway_NothingIsLostSilently()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        string[] limit = ["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"];
        await using var target = await TargetServer.StartAsync(ServerVersion.Redis70, limit);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("migrate", source.Lent.Uri, target.Uri, "--json");

        // Refused for want of room, broken off, or all read and each key named that found no room.
        result.ExitCode.ShouldBeOneOf(1, 3, 4);
        result.Everything.ShouldContain("memory", Case.Insensitive);
        result.Keys.ShouldAddUp();
        target.CountKeys().ShouldBe(result.Keys.Written);
        if (result.Keys.Failed > 0)
            FailedKey.Read(godwit.PathOf("godwit-errors.ndjson")).Count.ShouldBe((int)result.Keys.Failed);
    }

    [Fact]
    public async Task Migrate_BinaryKeyFails_IsNamedReversibly()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var client = server.Connect();
        byte[][] names =
        [
            [0xff, 0, 13, 10],
            "base64:AAAA"u8.ToArray(),
            "grüße"u8.ToArray(),
            "a\nb\"c"u8.ToArray(),
            [],
        ];
        foreach (var name in names)
        {
            client.Call("HSET", name, "field", "value");
            client.Call("HPEXPIREAT", name, ExpiringKeys.FarFuture, "FIELDS", 1, "field");
        }

        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("migrate", TargetServer.UriOf(server), target.Lent.Uri, "--json");

        result.ShouldHaveEnded(1);
        var named = FailedKey.Read(godwit.PathOf("godwit-errors.ndjson")).Select(key => key.Name);
        named.ShouldBe(names.Select(name => Bytes.Text(name)), ignoreOrder: true);
    }
}
