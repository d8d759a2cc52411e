using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary><c>migrate --verify</c>: the comparison at the end of a migration, and what it does to the exit code.</summary>
public sealed class VerifiedMigrationTests
{
    private const int Keys = 1000;

    [Theory]
    [InlineData]
    [InlineData("--live", "--until", "caught-up")]
    public async Task Migrate_WithVerify_FindsTheTargetEqual(params string[] options)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var client = source.Connect();
        client.Call("DEBUG", "POPULATE", Keys, "key", 20);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(["migrate", source.Uri, target.Uri, "--verify", "--json", .. options]);

        result.ShouldHaveEnded(0);
        result.Status.ShouldBe("completed");
        result.Keys.Written.ShouldBe(Keys);
        var verification = result.Json.GetProperty("verification");
        verification.GetProperty("status").GetString().ShouldBe("equal");
        verification.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(Keys);
        verification.GetProperty("keys").GetProperty("extra").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_WithVerify_SaysWhatDiffersAndEndsWithOne()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var client = source.Connect();
        using var targetClient = target.Connect();
        client.Call("DEBUG", "POPULATE", Keys, "key", 20);
        targetClient.Call("SET", "key:7", "something else");
        targetClient.Call("SET", "only here", "1");
        using var godwit = new GodwitProcess();
        string[] command = ["migrate", source.Uri, target.Uri, "--verify", "--on-existing", "skip"];

        var json = await godwit.RunAsync([.. command, "--json"]);
        var words = await godwit.RunAsync(command);

        json.ShouldHaveEnded(1);
        json.Status.ShouldBe("completed");
        var verification = json.Json.GetProperty("verification");
        verification.GetProperty("status").GetString().ShouldBe("different");
        verification.GetProperty("keys").GetProperty("value").GetInt64().ShouldBe(1);
        verification.GetProperty("keys").GetProperty("extra").GetInt64().ShouldBe(1);
        words.ShouldHaveEnded(1);
        words.Output.ShouldContain("2 keys differ");
    }

    [Theory]
    [InlineData("--live")]
    [InlineData("--live", "--until", "stopped")]
    public async Task Migrate_WithVerifyThatCannotBe_TouchesNothing(params string[] options)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = source.Connect();
        using var targetClient = target.Connect();
        client.Call("SET", "key", "value");
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(["migrate", source.Uri, target.Uri, "--verify", .. options]);

        result.ShouldHaveEnded(2);
        result.Error.ShouldContain("--verify");
        targetClient.Number("DBSIZE").ShouldBe(0);
    }
}
