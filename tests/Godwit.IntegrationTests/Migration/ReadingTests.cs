using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>The forms that a live source and its files come in.</summary>
[TakesLong]
public sealed class ReadingTests(Fleet fleet)
{
    [Fact]
    public async Task Migrate_SourceUserMayNotPsync_FallsBackToScanAndSaysWhy()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        DataSet.FillSmall(client);
        client.Call("ACL", "SETUSER", "limited", "on", ">open-sesame", "~*", "&*", "+@all", "-psync", "-sync");
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            $"redis://limited:open-sesame@127.0.0.1:{server.Port}",
            target.Lent.Uri,
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.ReadWay.ShouldBe("scan");
        result.Error.ShouldContain("PSYNC", Case.Insensitive);
        result.Everything.ShouldNotContain("open-sesame");
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), target.Lent.ReadState());
    }

    [Fact]
    public async Task Migrate_SourceUserMayPsync_AutoReadsBySync()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("migrate", source.Lent.Uri, target.Lent.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.ReadWay.ShouldBe("sync");
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_OneDatabase_TakesThatAlone(string read)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            source.Lent.Uri + "/9",
            target.Lent.Uri,
            "--read",
            read,
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Keys.ShouldAddUp();
        var state = source.Lent.State;
        var ninth = state with { Keys = state.Keys.Where(key => key.Key.Database == 9).ToDictionary() };
        result.Keys.Written.ShouldBe(ninth.Keys.Count);
        ServerComparison.ShouldBeEqual(ninth, target.Lent.ReadState(), new() { IgnoreFunctions = true });
    }

    [Theory]
    [InlineData(ServerVersion.Redis60, "yes")]
    [InlineData(ServerVersion.Redis60, "no")]
    [InlineData(ServerVersion.Redis70, "yes")]
    [InlineData(ServerVersion.Redis70, "no")]
    [InlineData(ServerVersion.Redis80, "yes")]
    [InlineData(ServerVersion.Redis80, "no")]
    [InlineData(ServerVersion.Valkey81, "yes")]
    [InlineData(ServerVersion.Valkey81, "no")]
    [InlineData(ServerVersion.Valkey91, "yes")]
    [InlineData(ServerVersion.Valkey91, "no")]
    public async Task Migrate_SnapshotWithAndWithoutDisk_ArrivesEqual(ServerVersion version, string diskless)
    {
        await using var server = await RedisServer.StartAsync(version, "--repl-diskless-sync", diskless);
        using var client = server.Connect();
        DataSet.Fill(client);
        using var target = await fleet.BorrowTargetAsync(version);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            TargetServer.UriOf(server),
            target.Lent.Uri,
            "--read",
            "sync",
            "--json"
        );

        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), target.Lent.ReadState());
        Digest.Of(target.Lent.Client).ShouldBe(Digest.Of(client));
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Migrate_PrimaryWaitsForMoreReplicas_ArrivesEqual(ServerVersion version)
    {
        // Until it starts, the primary sends line feeds in place of its answer to PSYNC.
        string[] waiting = ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "3"];
        await using var server = await RedisServer.StartAsync(version, waiting);
        using var client = server.Connect();
        DataSet.FillSmall(client);
        using var target = await fleet.BorrowTargetAsync(version);
        using var godwit = new GodwitProcess();
        var source = TargetServer.UriOf(server);

        var result = await godwit.RunAsync("migrate", source, target.Lent.Uri, "--read", "sync", "--json");

        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), target.Lent.ReadState());
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_FromReplica_ArrivesEqual(string read)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var replica = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = replica.Connect();
        await Replication.FollowAsync(client, source.Lent.Port);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            TargetServer.UriOf(replica),
            target.Lent.Uri,
            "--read",
            read,
            "--json"
        );

        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(source.Lent.State, target.Lent.ReadState());
    }

    [Fact]
    public async Task Migrate_FromStandardInput_ArrivesEqual()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Valkey81);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey81);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunWithInputAsync(source.Lent.RdbFile, "migrate", "-", target.Lent.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.ReadWay.ShouldBe("rdb");
        ServerComparison.ShouldBeEqual(source.Lent.State, target.Lent.ReadState());
    }

    [Fact]
    public async Task Migrate_SeveralFilesOnTheCommandLine_TakesThemAllAndReportsEach()
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey91);
        using var backups = new TemporaryDirectory();
        using var godwit = new GodwitProcess();
        ServerVersion[] versions = [ServerVersion.Valkey81, ServerVersion.Redis60, ServerVersion.Redis80];
        string[] files = [.. versions.Select(version => Path.Combine(backups.Path, $"{version}.rdb"))];
        foreach (var (version, file) in versions.Zip(files))
            await SaveOneKeyAsync(version, file);

        var result = await godwit.RunAsync(["migrate", .. files, target.Lent.Uri, "--json"]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(versions.Length);
        var sources = result.Json.GetProperty("sources").EnumerateArray().ToList();
        sources.Select(source => source.GetProperty("uri").GetString()).ShouldBe(files);
        sources.Select(source => source.GetProperty("server").GetString()).ShouldBe(["rdb 11", "rdb 9", "rdb 12"]);
        foreach (var version in versions)
            target.Lent.Client.Text("GET", $"from {version}").ShouldBe($"{version}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("*.rdb")]
    public async Task Migrate_FromSeveralFiles_TakesThemAll(string pattern)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey91);
        using var backups = new TemporaryDirectory();
        using var godwit = new GodwitProcess();
        var versions = Enum.GetValues<ServerVersion>();
        foreach (var version in versions)
            await SaveOneKeyAsync(version, Path.Combine(backups.Path, $"{version}.rdb"));

        var result = await godwit.RunAsync("migrate", Path.Combine(backups.Path, pattern), target.Lent.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(versions.Length);
        foreach (var version in versions)
            target.Lent.Client.Text("GET", $"from {version}").ShouldBe($"{version}");
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_OverUnixSockets_ArrivesEqual(string read)
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        using var targetClient = target.Connect();
        DataSet.FillSmall(client);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            $"unix://{server.UnixSocket}",
            $"unix://{target.UnixSocket}",
            "--read",
            read,
            "--json"
        );

        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), ServerStateReader.Read(targetClient));
    }

    [Fact]
    public async Task Migrate_EmptySource_CompletesWithNothing()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("migrate", TargetServer.UriOf(server), target.Lent.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(0, 0, 0, 0, 0, 0));
        target.Lent.CountKeys().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_KeyThatExpiresMeanwhile_IsExpiredOrArrives()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        client.Call("SET", "lasting", "value");
        // Expired in the file although the server has not yet deleted it: nobody looks at it before SAVE does.
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
        client.Call("SET", "gone", "value", "PX", 1);
        await Wait.UntilAsync(() => (long)client.Call("DBSIZE")! == 2, "both keys are counted");
        var file = await server.SaveAsync();
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);

        var result = await godwit.RunAsync("migrate", file, target.Lent.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: 2, Written: 1, Skipped: 0, Filtered: 0, Expired: 1, Failed: 0));
        target.Lent.CountKeys().ShouldBe(1);
    }

    private static async Task SaveOneKeyAsync(ServerVersion version, string path)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        client.Call("SET", $"from {version}", $"{version}");
        File.Copy(await server.SaveAsync(), path);
    }
}
