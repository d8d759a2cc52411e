using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>
/// Several RDB files as one source, two of which hold the same key: it is what the first has, as a migration leaves it. They are named
/// one by one, or by their directory.
/// </summary>
public sealed class SeveralFilesTests(Fleet fleet)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Verify_FilesThatWereMigrated_AreEqual(bool byDirectory)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        var sources = await WriteFilesAsync(godwit, byDirectory);
        var migrated = await godwit.RunAsync(["migrate", .. sources, target.Lent.Uri, "--on-existing", "skip"]);
        migrated.ShouldHaveEnded(0);

        foreach (var rounds in (string[])["1", "3"])
        {
            var result = await godwit.RunAsync([
                "verify",
                .. sources,
                target.Lent.Uri,
                "--rounds",
                rounds,
                "--delay",
                "0",
                "--json",
            ]);

            result.ShouldHaveEnded(0);
            result.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBe(3);
            result.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(3);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Verify_KeyOfBothFilesDiffers_IsRepairedFromTheFirst(bool byDirectory)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        var sources = await WriteFilesAsync(godwit, byDirectory);
        target.Lent.Client.Call("SELECT", 0);

        // What the second file has is no less wrong than what none has.
        target.Lent.Client.Call("MSET", "both", "second", "only first", "other");

        var result = await godwit.RunAsync([
            "verify",
            .. sources,
            target.Lent.Uri,
            "--rounds",
            "1",
            "--repair",
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        result.Json.GetProperty("keys").GetProperty("value").GetInt64().ShouldBe(2);
        result.Json.GetProperty("keys").GetProperty("missing").GetInt64().ShouldBe(1);
        result.Json.GetProperty("keys").GetProperty("repaired").GetInt64().ShouldBe(3);
        target.Lent.Client.Text("GET", "both").ShouldBe("first");
        target.Lent.Client.Text("GET", "only first").ShouldBe("a");
        target.Lent.Client.Text("GET", "only second").ShouldBe("b");
    }

    [Fact]
    public async Task Verify_FilesOnBothSides_KeyOfBothIsThatOfTheFirst()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        using var godwit = new GodwitProcess();
        var sources = await WriteFilesAsync(godwit, byDirectory: false);
        client.Call("FUNCTION", "LOAD", Library("1"));
        client.Call("MSET", "both", "first", "only first", "a", "only second", "b");
        await server.SaveAsync();

        var result = await godwit.RunAsync(["verify", .. sources, server.RdbFile, "--json"]);
        var otherWay = await godwit.RunAsync(["verify", server.RdbFile, godwit.PathOf("files"), "--json"]);

        foreach (var one in (GodwitResult[])[result, otherWay])
        {
            one.ShouldHaveEnded(0);
            one.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBe(3);
            one.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(3);
        }
    }

    /// <summary>A migration passes over what is over, and writes what the next file has. A set goes in pieces from 256 KiB on.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(200_000)]
    public async Task Verify_TimeOfTheFirstFilesKeyIsOver_ItIsThatOfTheSecond(int length)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        using var godwit = new GodwitProcess();
        string[] files = [godwit.PathOf("1.rdb"), godwit.PathOf("2.rdb")];
        const string AddMembers = "for i = 1, ARGV[1] do redis.call('SADD', 'both', ARGV[2] .. i) end";
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
        client.Call("EVAL", AddMembers, 0, length, "first");
        client.Call("PEXPIRE", "both", 100);
        client.Call("SET", "over", "1", "PX", 100);
        await server.SaveAsync();
        File.Copy(server.RdbFile, files[0]);
        client.Call("FLUSHALL");
        client.Call("EVAL", AddMembers, 0, length, "second");
        await server.SaveAsync();
        File.Copy(server.RdbFile, files[1]);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        var migrated = await godwit.RunAsync(["migrate", .. files, target.Lent.Uri]);
        migrated.ShouldHaveEnded(0);

        var result = await godwit.RunAsync(["verify", .. files, target.Lent.Uri, "--rounds", "1", "--json"]);
        var ofFiles = await godwit.RunAsync(["verify", .. files, files[1], "--json"]);

        foreach (var one in (GodwitResult[])[result, ofFiles])
        {
            one.ShouldHaveEnded(0);
            one.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBe(1);
            one.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(1);
        }
    }

    private static async Task<string[]> WriteFilesAsync(GodwitProcess godwit, bool byDirectory)
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        var directory = Directory.CreateDirectory(godwit.PathOf("files")).FullName;
        string[] files = [Path.Combine(directory, "1.rdb"), Path.Combine(directory, "2.rdb")];
        client.Call("FUNCTION", "LOAD", Library("1"));
        client.Call("MSET", "both", "first", "only first", "a");
        await server.SaveAsync();
        File.Copy(server.RdbFile, files[0]);
        client.Call("FLUSHALL");
        client.Call("FUNCTION", "LOAD", "REPLACE", Library("2"));
        client.Call("MSET", "both", "second", "only second", "b");
        await server.SaveAsync();
        File.Copy(server.RdbFile, files[1]);
        return byDirectory ? [directory] : files;
    }

    private static string Library(string answer) =>
        $"#!lua name=both\nredis.register_function('f', function() return {answer} end)";
}
