using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Following;

/// <summary>A source that lets nobody be its replica, followed by the names of the keys that change.</summary>
[TakesLong]
public sealed class DirtyKeyTests
{
    private const int PlainKeys = 10_000;
    private const int Commands = 10_000;

    // What the load has set to expire has done so, and the program has looked several times since.
    private static readonly TimeSpan Settled = LoadSettings.LongestShortLife + TimeSpan.FromSeconds(3);

    private static readonly AclUser WithoutSync = new("mover", "pass-word", "~* &* +@all -psync -sync -replconf");
    private static readonly AclUser WithoutResp3 = new(
        "mover",
        "pass-word",
        "~* &* +@all -psync -sync -replconf -hello"
    );

    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis70, "auto", false)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, "auto", true)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80, "tracking", true)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, "tracking", false)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis70, "tracking", true)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80, "tracking", true)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Valkey91, "notify", false)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80, "notify", true)]
    public async Task Follow_LoadOfEveryCommand_EndsEqual(
        ServerVersion from,
        ServerVersion to,
        string follow,
        bool resp3
    )
    {
        await using var source = await StartAsync(from, resp3 ? WithoutSync : WithoutResp3);
        await using var target = await RedisServer.StartAsync(to);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        await using var load = Load(source, to == ServerVersion.Redis70 ? to : from, seed: 1);
        await load.SendMoreAsync(Commands / 5);
        await using var run = new FollowedRun(UriOf(source), target, "--follow", follow);

        await run.StartAsync(PlainKeys / 2);
        await load.SendMoreAsync(Commands);
        await load.StopAsync();
        await Task.Delay(Settled, TestContext.Current.CancellationToken);
        var result = await run.StopAsync();

        result.Error.ShouldContain(follow == "auto" ? "(tracking)" : $"({follow})");
        if (follow == "notify")
            CountAll(writer, reader);
        FollowedRun.ShouldBeEqual(writer, reader, result.Everything);
    }

    // PFCOUNT writes its result into the key, of which no event tells: both ends are to have it there.
    private static void CountAll(params RespClient[] clients)
    {
        foreach (var client in clients)
        {
            for (var database = 0; database < 16; database++)
            {
                client.Call("SELECT", database);
                foreach (var key in (object?[])client.Call("KEYS", "Cardinality:*")!)
                    client.Try("PFCOUNT", key!);
            }
        }
    }

    [Theory]
    [InlineData("tracking")]
    [InlineData("notify")]
    public async Task Follow_DatabasesAreMapped_EachArrivesInItsOwn(string follow)
    {
        await using var source = await StartAsync(ServerVersion.Redis70, WithoutSync);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        await using var load = Load(source, ServerVersion.Redis70, seed: 4);
        await load.SendMoreAsync(Commands / 5);
        string[] options = ["--follow", follow, "--map-db", "0:5", "--map-db", "1:0"];
        await using var run = new FollowedRun(UriOf(source), target, options);

        // The last key of a database goes while nobody looks.
        await run.StartAsync(PlainKeys / 2);
        await run.WriteUntilFollowedAsync(writer, database: 5);
        writer.Call("SELECT", 3);
        writer.Call("SET", "last of its database", 1);
        reader.Call("SELECT", 3);
        await Wait.UntilAsync(() => reader.Call("DBSIZE") is 1L, "the key of another database is at the target");
        await run.KillAsync();
        writer.Call("FLUSHDB");
        await load.SendMoreAsync(Commands / 5);
        await run.StartAsync(PlainKeys / 2, "--resume");
        await load.SendMoreAsync(Commands / 2);
        await load.StopAsync();
        await Task.Delay(Settled, TestContext.Current.CancellationToken);
        var result = await run.StopAsync();

        if (follow == "notify")
            CountAll(writer, reader);
        FollowedRun.ShouldBeEqual(
            writer,
            reader,
            result.Everything,
            database =>
                database switch
                {
                    0 => 5,
                    1 => 0,
                    _ => database,
                }
        );
    }

    [Fact]
    public async Task Follow_TwoDatabasesMeetInOne_StopsAndLosesNothing()
    {
        await using var source = await StartAsync(ServerVersion.Redis70, WithoutSync);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "key", "value");
        await using var run = new FollowedRun(UriOf(source), target, "--follow", "tracking", "--map-db", "0:5");
        await run.StartAsync(1);
        writer.Call("SELECT", 5);
        writer.Call("SET", "other", "value");

        var result = await run.EndAsync();

        result.ShouldHaveEnded(4);
        result.Error.ShouldContain("Keys of several databases (0, 5) go to database 5");
        reader.Call("SELECT", 5);
        reader.Text("GET", "key").ShouldBe("value");
    }

    [Fact]
    public async Task Follow_LostConnectionSwapsAndFlushes_EndsEqual()
    {
        await using var source = await StartAsync(ServerVersion.Redis70, WithoutSync);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        await using var load = Load(source, ServerVersion.Redis70, seed: 2);
        await using var run = new FollowedRun(UriOf(source), target, "--follow", "tracking");

        await run.StartAsync(PlainKeys);
        for (var cut = 0; cut < 3; cut++)
        {
            await load.SendMoreAsync(Commands / 5);
            Kill(writer);
            writer.Call("SWAPDB", 0, 1);
        }

        await load.SendMoreAsync(Commands / 5);
        await load.StopAsync();
        writer.Call("SELECT", 9);
        writer.Call("FLUSHDB");
        await Task.Delay(Settled, TestContext.Current.CancellationToken);
        var result = await run.StopAsync();

        result.Error.ShouldContain("was lost for a while");
        FollowedRun.ShouldBeEqual(writer, reader, result.Everything);
    }

    [Fact]
    public async Task Follow_KilledAndResumed_EndsEqualAndLeavesNothing()
    {
        await using var source = await StartAsync(ServerVersion.Valkey91, WithoutSync);
        await using var target = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        await using var load = Load(source, ServerVersion.Valkey91, seed: 3);
        await using var run = new FollowedRun(UriOf(source), target);

        await run.StartAsync(100);
        await run.KillAsync();
        await load.SendMoreAsync(Commands / 5);
        await run.StartAsync(PlainKeys, "--resume");
        await load.SendMoreAsync(Commands / 5);
        await run.KillAsync();
        await load.SendMoreAsync(Commands / 5);
        await load.StopAsync();
        var result = await run.RunAsync("--resume", "--until", "caught-up");
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);

        result.ShouldHaveEnded(0);
        FollowedRun.ShouldBeEqual(writer, reader, result.Everything);
        var again = await run.RunAsync("--resume", "--until", "caught-up");
        again.ShouldHaveEnded(3);
    }

    [Fact]
    public async Task Follow_TargetRestartsWithoutItsData_EndsEqual()
    {
        await using var source = await StartAsync(ServerVersion.Redis80, WithoutSync);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var writer = source.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        await using var run = new FollowedRun(UriOf(source), target);
        await run.StartAsync(PlainKeys);
        await run.WriteUntilFollowedAsync(writer);

        await target.KillAsync();
        writer.Call("SET", "meanwhile", "value");
        await target.StartAgainAsync();
        using var reader = target.Connect();
        await Wait.UntilAsync(() => reader.Call("DBSIZE") is PlainKeys + 2L, "all is there again");
        await Task.Delay(Settled, TestContext.Current.CancellationToken);
        var result = await run.StopAsync();

        result.Error.ShouldContain("may have lost");
        FollowedRun.ShouldBeEqual(writer, reader, result.Everything);
    }

    [Fact]
    public async Task Notify_EventsAreOff_IsRefusedWithTheWayOut()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var run = new FollowedRun(source.Uri, target, "--follow", "notify");

        var result = await run.RunAsync("--until", "caught-up");

        result.ShouldHaveEnded(3);
        result.Error.ShouldContain("CONFIG SET notify-keyspace-events AE");
    }

    [Fact]
    public async Task Follow_FlushWhereTheTargetHeldKeys_StopsAndSaysSo()
    {
        await using var source = await StartAsync(ServerVersion.Redis80, WithoutSync);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "key", "value");
        reader.Call("SET", "mine", "value");
        await using var run = new FollowedRun(UriOf(source), target, "--on-existing", "replace");
        await run.StartAsync(2);
        writer.Call("FLUSHALL");

        var result = await run.EndAsync();

        result.ShouldHaveEnded(4);
        result.Error.ShouldContain("A flush at the source is not passed on");
        reader.Text("GET", "mine").ShouldBe("value");
    }

    private static Task<RedisServer> StartAsync(ServerVersion version, AclUser user) =>
        RedisServer.StartAsync(
            version,
            new ServerSettings
            {
                // Channels have rules since 6.2.
                Users =
                [
                    version == ServerVersion.Redis60
                        ? user with
                        {
                            Rules = user.Rules.Replace(" &*", "", StringComparison.Ordinal),
                        }
                        : user,
                ],
                Arguments = ["--notify-keyspace-events", "AE"],
            }
        );

    private static string UriOf(RedisServer server) =>
        new ServerAccess { User = WithoutSync.Name, Password = WithoutSync.Password }.UriOf(server.Port);

    private static LoadGenerator Load(RedisServer source, ServerVersion version, int seed) =>
        LoadGenerator.Start(
            LoadNode.Of(source),
            new()
            {
                Seed = seed,
                CommandsPerSecond = 5_000,
                FieldExpiry = version is ServerVersion.Redis80 or ServerVersion.Valkey91,
                SwapsDatabases = seed % 2 == 1,
            }
        );

    private static void Kill(RespClient client)
    {
        foreach (var id in FollowedRun.Listeners(client))
            client.Try("CLIENT", "KILL", "ID", id);
    }
}
