using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Planning;

/// <summary>What <c>godwit plan</c> finds at real servers, and that it leaves no trace there.</summary>
[TakesLong]
public sealed class PlanTests(Fleet fleet)
{
    private const string Secret = "a-secret-of-7-terns";

    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey81, ServerVersion.Redis70)]
    public async Task Plan_OldToNew_FindsNoStopAndRunsNoWrite(ServerVersion from, ServerVersion to)
    {
        using var source = await fleet.BorrowSourceAsync(from);
        using var target = await fleet.BorrowTargetAsync(to);
        var (client, other) = (source.Lent.Client, target.Lent.Client);
        ServerCalls.Reset(client);
        ServerCalls.Reset(other);
        var snapshots = ServerCalls.Snapshots(client);

        var plan = await PlanResult.OfAsync(0, source.Lent.Uri, target.Lent.Uri);

        (plan.Status is "stop").ShouldBeFalse(plan.Everything);
        plan.Source.GetProperty("keys").GetInt64().ShouldBe(TargetServer.CountKeys(client));
        plan.Estimate.GetProperty("seconds").GetDouble().ShouldBeGreaterThan(0);
        plan.IsOpen("reading", "sync").ShouldBe(true, plan.Everything);
        plan.IsOpen("reading", "scan").ShouldBe(true, plan.Everything);
        plan.IsOpen("following", "tracking").ShouldBe(true, plan.Everything);
        ServerCalls.Of(client).ShouldContain(name => name == "dump");
        ServerCalls.Writes(client).ShouldBeEmpty();
        ServerCalls.Writes(other).ShouldBeEmpty();
        ServerCalls.Of(client).ShouldNotContain(name => name.Contains("psync") || name.Contains("config|set"));
        ServerCalls.Snapshots(client).ShouldBe(snapshots);
        target.Lent.CountKeys().ShouldBe(0);
        ServerComparison.ShouldBeEqual(source.Lent.State, ServerStateReader.Read(client));
    }

    [Fact]
    public async Task Plan_ModuleOrTypeThatTheTargetLacks_Warns()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        var plan = await PlanResult.OfAsync(0, source.Lent.Uri, target.Lent.Uri);

        plan.Finding("field-expiries", "warning").ShouldContain("--allow-loss field-ttl");
        plan.Finding("restore", "ok").ShouldContain("by their types' commands");
    }

    [Fact]
    public async Task Plan_BiggestKeys_AreThoseOfTheSample()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = source.Connect();
        for (var i = 0; i < 30; i++)
            client.Call("SET", $"key {i}", new string('x', 10 * i));
        client.Call("SETRANGE", "large", 3_000_000, "x");
        client.Call("SELECT", 7);
        client.Call("RPUSH", "a list", new string('y', 5000));
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        var plan = await PlanResult.OfAsync(0, TargetServer.UriOf(source), target.Lent.Uri);

        var keys = plan.BiggestKeys.GetProperty("keys").EnumerateArray().ToArray();
        keys.Length.ShouldBe(20);
        plan.BiggestKeys.GetProperty("sampled").GetInt32().ShouldBe(32);
        keys[0].GetProperty("key").GetString().ShouldBe("large");
        keys[0].GetProperty("bytes").GetInt64().ShouldBeGreaterThan(3_000_000);
        keys[1].GetProperty("key").GetString().ShouldBe("a list");
        keys[1].GetProperty("db").GetInt32().ShouldBe(7);
        ServerCalls.Of(client).ShouldContain(name => name == "dump");
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Plan_UserWithoutPsync_ReadsByScan(ServerVersion version)
    {
        await using var source = await SourceForAsync(version, ["+@all", "-psync"]);
        using var target = await fleet.BorrowTargetAsync(version);

        var plan = await PlanResult.OfAsync(0, UriOf(source), target.Lent.Uri);

        plan.IsOpen("reading", "sync").ShouldBe(false, plan.Everything);
        plan.Way("reading", "sync").GetProperty("why").GetString()!.ShouldContain("NOPERM");
        plan.Source.GetProperty("read").GetString().ShouldBe("scan");
        plan.Finding("source-rights", "ok");
        plan.Everything.ShouldNotContain(Secret);
        (await PlanResult.OfAsync(3, UriOf(source), target.Lent.Uri, "--read", "sync"))
            .Finding("read", "stop")
            .ShouldContain("+psync");
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Plan_UserWithoutScanAndDump_ReadsAsAReplica(ServerVersion version)
    {
        await using var source = await SourceForAsync(version, ["+@all", "-scan", "-dump"]);
        using var target = await fleet.BorrowTargetAsync(version);

        var plan = await PlanResult.OfAsync(0, UriOf(source), target.Lent.Uri);

        plan.IsOpen("reading", "scan").ShouldBe(false, plan.Everything);
        plan.Way("reading", "scan").GetProperty("way_out").GetString()!.ShouldContain("+scan +dump");
        plan.IsOpen("following", "tracking").ShouldBe(false, plan.Everything);
        plan.Source.GetProperty("read").GetString().ShouldBe("sync");
        (await PlanResult.OfAsync(3, UriOf(source), target.Lent.Uri, "--read", "scan")).Finding("read", "stop");
    }

    [Fact]
    public async Task Plan_UserWithoutAny_IsAStopAsTheMigrationIs()
    {
        await using var source = await SourceForAsync(ServerVersion.Redis70, ["+@all", "-psync", "-dump"]);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        var plan = await PlanResult.OfAsync(3, UriOf(source), target.Lent.Uri);

        plan.Status.ShouldBe("stop");
        plan.Finding("read", "stop").ShouldContain("+dump");
        using var godwit = new GodwitProcess();
        (await godwit.RunAsync("migrate", UriOf(source), target.Lent.Uri)).ShouldHaveEnded(3);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, "")]
    [InlineData(ServerVersion.Redis70, "+subscribe &godwit:probe")]
    [InlineData(ServerVersion.Redis60, "")]
    [InlineData(ServerVersion.Redis60, "+multi")]
    public async Task Plan_UserWhoMayJustPsync_SaysWhatItCannotTell(ServerVersion version, string more)
    {
        string[] rights = ["resetkeys", "+psync", "+replconf", "+info", .. more.Split(' ')];
        await using var source = await SourceForAsync(version, rights);
        using var target = await fleet.BorrowTargetAsync(version);

        var plan = await PlanResult.OfAsync(0, UriOf(source), target.Lent.Uri);

        plan.IsOpen("reading", "sync").ShouldBe(more.Length > 0 ? true : null, plan.Everything);
        plan.IsOpen("reading", "scan").ShouldBe(false, plan.Everything);
        plan.Source.GetProperty("read").GetString().ShouldBe("sync");
    }

    // The line of the documentation.
    [Fact]
    public async Task Plan_UserWithJustTheRightsToScan_IsOk()
    {
        const string rights =
            "+scan +dump +pexpiretime +pttl +time +select +info +function|list +memory|usage +watch +unwatch +multi +exec "
            + "+type +strlen +getrange +llen +lrange +sscan +zscan +hscan +hpexpiretime";
        await using var source = await SourceForAsync(ServerVersion.Redis80, rights.Split(' '));
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);

        var plan = await PlanResult.OfAsync(0, UriOf(source), target.Lent.Uri);

        plan.Source.GetProperty("read").GetString().ShouldBe("scan");
        plan.Finding("source-rights", "ok");
        plan.IsOpen("following", "notify").ShouldBe(null, plan.Everything);
    }

    [Fact]
    public async Task Plan_UserWhoMayReadSomeKeys_WarnsOfTheOthers()
    {
        await using var source = await SourceForAsync(ServerVersion.Redis70, ["resetkeys", "~s*", "+@all", "-psync"]);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        var plan = await PlanResult.OfAsync(0, UriOf(source), target.Lent.Uri);

        plan.Finding("source-rights", "warning").ShouldContain("may not be read");
    }

    [Theory]
    [InlineData("KEA", true)]
    [InlineData("Ex", false)]
    [InlineData("", false)]
    public async Task Plan_KeyspaceEvents_OpenOrCloseNotify(string setting, bool open)
    {
        string[] arguments = ["--notify-keyspace-events", setting];
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70, arguments);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        var plan = await PlanResult.OfAsync(0, TargetServer.UriOf(source), target.Lent.Uri);

        plan.IsOpen("following", "notify").ShouldBe(open, plan.Everything);
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Plan_TargetTooSmall_IsTheStopOfTheMigration(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis60);
        await using var target = await TargetServer.StartAsync(version, "--maxmemory", "1500kb");

        var stop = (await PlanResult.OfAsync(3, source.Lent.Uri, target.Uri)).Finding("room", "stop");

        using var godwit = new GodwitProcess();
        var migration = await godwit.RunAsync("migrate", source.Lent.Uri, target.Uri, "--json");
        migration.ShouldHaveEnded(3);
        stop.ShouldStartWith("There is not enough room");
        migration
            .Json.GetProperty("error")
            .GetProperty("message")
            .GetString()!
            .ShouldStartWith("There is not enough room");
    }

    [Fact]
    public async Task Plan_TargetIsFull_IsAStopInItsOwnWords()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await TargetServer.StartAsync(ServerVersion.Redis70, "--maxmemory", "100kb");

        (await PlanResult.OfAsync(3, source.Lent.Uri, target.Uri))
            .Finding("target-rights", "stop")
            .ShouldContain("OOM");
    }

    [Fact]
    public async Task Plan_TargetThatEvicts_Warns()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        string[] arguments = ["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"];
        await using var target = await TargetServer.StartAsync(ServerVersion.Redis80, arguments);

        var plan = await PlanResult.OfAsync(0, source.Lent.Uri, target.Uri);

        plan.Status.ShouldBe("warnings");
        plan.Finding("eviction", "warning").ShouldContain("allkeys-lru");
        plan.Finding("room", "ok");
    }

    [Fact]
    public async Task Plan_SourceThatEvictsByUse_IsSampledWithoutAUse()
    {
        string[] arguments = ["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"];
        await using var old = await RedisServer.StartAsync(ServerVersion.Redis70, arguments);
        await using var young = await RedisServer.StartAsync(ServerVersion.Redis80, arguments);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        foreach (var server in new[] { old, young })
        {
            using var client = server.Connect();
            client.Call("SET", "key", "value");
            var payload = client.Call("DUMP", "key")!;
            client.Call("RESTORE", "key", 0, payload, "REPLACE", "IDLETIME", 10_000);

            await PlanResult.OfAsync(0, TargetServer.UriOf(server), target.Lent.Uri);

            client.Number("OBJECT", "IDLETIME", "key").ShouldBeGreaterThanOrEqualTo(10_000);
        }
    }

    [Fact]
    public async Task Plan_SeveralDatabasesIntoOne_IsAStop()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        (await PlanResult.OfAsync(3, source.Lent.Uri, $"{target.Lent.Uri}/0"))
            .Finding("databases", "stop")
            .ShouldContain("4 databases");
    }

    [Fact]
    public async Task Plan_TargetWithFewerDatabases_Warns()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await TargetServer.StartAsync(ServerVersion.Redis70, "--databases", "10");

        (await PlanResult.OfAsync(0, source.Lent.Uri, target.Uri))
            .Finding("databases", "warning")
            .ShouldContain("no database 15,");
    }

    [Theory]
    [InlineData("skip", 0)]
    [InlineData("replace", 0)]
    [InlineData("fail", 3)]
    public async Task Plan_KeysOnBothSides_AreCounted(string onExisting, int exitCode)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);

        // More of the database's keys than a sample leaves out.
        source.Lent.Client.Call("SELECT", 9);
        target.Lent.Client.Call("SELECT", 9);
        var names = (object?[])source.Lent.Client.Call("KEYS", "*")!;
        foreach (var name in names)
            target.Lent.Client.Call("SET", (byte[])name!, "mine");
        source.Lent.Client.Call("SELECT", 0);
        target.Lent.Client.Call("SELECT", 0);

        var plan = await PlanResult.OfAsync(exitCode, source.Lent.Uri, target.Lent.Uri, "--on-existing", onExisting);

        var sampled = plan.Source.GetProperty("sample").GetProperty("keys").GetInt64();
        var said = plan.Finding("both-sides", "warning").Split(' ');
        said[..3].ShouldBe(["The", "target", "has"]);
        long.Parse(said[3], CultureInfo.InvariantCulture).ShouldBeInRange(10, names.Length);
        said[5].ShouldBe(sampled.ToString("N0", CultureInfo.InvariantCulture));
        if (exitCode == 3)
            plan.Finding("not-empty", "stop").ShouldContain($"database 9 holds {names.Length} keys");
        target.Lent.CountKeys().ShouldBe(names.Length);
    }

    [Fact]
    public async Task Plan_TargetUserWhoMayNotWrite_IsAStop()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await SourceForAsync(ServerVersion.Redis70, ["+@all", "-@write"]);

        var plan = await PlanResult.OfAsync(3, source.Lent.Uri, UriOf(target), "--on-existing", "skip");

        plan.Finding("target-rights", "stop").ShouldContain("+restore");
    }

    [Fact]
    public async Task Plan_TargetUserWithoutRestore_Warns()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await SourceForAsync(ServerVersion.Redis70, ["+@all", "-restore"]);

        var plan = await PlanResult.OfAsync(0, source.Lent.Uri, UriOf(target), "--on-existing", "skip");

        plan.Finding("target-rights", "warning").ShouldContain("RESTORE");
        plan.Target.GetProperty("write").GetString().ShouldBe("commands");
        (
            await PlanResult.OfAsync(3, source.Lent.Uri, UriOf(target), "--on-existing", "skip", "--write", "restore")
        ).Finding("target-rights", "stop");
    }

    // The line of the documentation.
    [Fact]
    public async Task Plan_TargetUserWithJustTheRightsToWrite_IsOk()
    {
        const string rights =
            "+select +info +command|info +restore +function|load +multi +exec +del +renamenx +set +rpush +sadd +zadd +hset "
            + "+hpexpireat +xadd +xgroup +xclaim +xsetid +xtrim +xdel +pexpireat +append +unlink +rename +exists +pexpire "
            + "+pttl +persist";
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await SourceForAsync(ServerVersion.Redis80, rights.Split(' '));

        var plan = await PlanResult.OfAsync(0, source.Lent.Uri, UriOf(target), "--on-existing", "skip");

        plan.Finding("target-rights", "ok").ShouldBe("The user may run all that writing takes ", plan.Everything);
    }

    [Fact]
    public async Task Plan_FlushThatIsNotPermitted_IsAStop()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await SourceForAsync(ServerVersion.Redis70, ["+@all", "-flushall"]);

        var plan = await PlanResult.OfAsync(3, source.Lent.Uri, UriOf(target), "--flush-target", "--yes");

        plan.Finding("target-rights", "stop").ShouldContain("+flushall");
        using var client = target.Connect();
        TargetServer.CountKeys(client).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Plan_TargetIsAReadOnlyReplica_IsAStop()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var primary = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        await Replication.FollowAsync(client, primary.Port);

        var plan = await PlanResult.OfAsync(3, source.Lent.Uri, TargetServer.UriOf(target));

        plan.Finding("role", "stop").ShouldContain("replica");
        plan.Finding("target-rights", "stop").ShouldContain("READONLY");
    }

    [Fact]
    public async Task Plan_ClosedTargetPort_IsAStopThatStillTellsOfTheSource()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        var nobody = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{RedisServer.FreePort()}");

        var plan = await PlanResult.OfAsync(3, source.Lent.Uri, nobody);

        plan.Finding("connection", "stop").ShouldContain("onnect");
        plan.Source.GetProperty("keys").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Plan_SourceThatChanges_TellsItsRate()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var replica = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var client = source.Connect();
        using var follower = replica.Connect();
        await Replication.FollowAsync(follower, source.Port);
        using var ended = new CancellationTokenSource();
        var writing = WriteAsync(client, ended.Token);

        var plan = await PlanResult.OfAsync(0, TargetServer.UriOf(source), target.Lent.Uri);

        await ended.CancelAsync();
        await writing;
        var facts = plan.Source.GetProperty("replication");
        facts.GetProperty("bytes_per_second").GetDouble().ShouldBeGreaterThan(1000, plan.Everything);
        facts.GetProperty("is_upper_bound").GetBoolean().ShouldBeFalse(plan.Everything);
        facts.GetProperty("backlog_bytes").GetInt64().ShouldBe(1024 * 1024);
        facts.GetProperty("buffer_hard_bytes").GetInt64().ShouldBe(256 * 1024 * 1024);
    }

    [Fact]
    public async Task Plan_Files_AreLookedAtAndNotRead()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var directory = new TemporaryDirectory();
        var json = Path.Combine(directory.Path, "keys.ndjson");
        await File.WriteAllTextAsync(json, "mine\n", TestContext.Current.CancellationToken);

        var plan = await PlanResult.OfAsync(0, source.Lent.RdbFile, target.Lent.Uri);
        plan.Source.GetProperty("read").GetString().ShouldBe("rdb");
        plan.Source.GetProperty("data_bytes").GetInt64().ShouldBe(new FileInfo(source.Lent.RdbFile).Length);

        (await PlanResult.OfAsync(3, source.Lent.RdbFile, $"json:{json}")).Finding("not-empty", "stop");
        (await PlanResult.OfAsync(3, json, target.Lent.Uri)).Finding("read", "stop");
        (await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken)).ShouldBe("mine\n");
    }

    [Fact]
    public async Task Plan_SeveralSources_AreSummedAndCompared()
    {
        using var one = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var other = await fleet.BorrowSourceAsync(ServerVersion.Redis60);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);

        var plan = await PlanResult.OfAsync(0, one.Lent.Uri, other.Lent.Uri, target.Lent.Uri);

        plan.Sum("keys").ShouldBe(TargetServer.CountKeys(one.Lent.Client) + TargetServer.CountKeys(other.Lent.Client));
        plan.Finding("several-sources", "warning").ShouldContain("--on-existing");
        (await PlanResult.OfAsync(3, one.Lent.Uri, one.Lent.Uri, target.Lent.Uri)).Finding("same-server", "stop");
    }

    private static string UriOf(RedisServer server) =>
        string.Create(CultureInfo.InvariantCulture, $"redis://limited:{Secret}@127.0.0.1:{server.Port}");

    // With a user who has these rights alone.
    private static async Task<RedisServer> SourceForAsync(ServerVersion version, params string[] rights)
    {
        var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        DataSet.FillSmall(client);
        string[] given = [.. rights.Where(right => right.Length > 0)];
        string[] channels = version == ServerVersion.Redis60 || given.Any(right => right.StartsWith('&')) ? [] : ["&*"];
        if (!given.Contains("+@all", StringComparer.Ordinal))
            channels = [];
        client.Call(["ACL", "SETUSER", "limited", "on", ">" + Secret, "~*", .. channels, .. given]);
        return server;
    }

    private static async Task WriteAsync(RespClient client, CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            client.Call("SET", $"key {i % 100}", new string('x', 1000));
            await Task.Delay(1, CancellationToken.None);
        }
    }
}
