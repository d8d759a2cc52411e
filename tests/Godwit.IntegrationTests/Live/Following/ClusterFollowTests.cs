using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Live.Clusters;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Following;

/// <summary>Clusters that are followed by the names of the keys that change, and that change meanwhile themselves.</summary>
[TakesLong]
public sealed class ClusterFollowTests
{
    private const int ChangesBefore = 2_000;
    private const int ChangesBetween = 1_500;
    private const int Commands = 5_000;

    // What was asked before the last change is too old to be said "caught up" by.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    private static readonly ClusterSettings Even = new() { Arguments = ["--notify-keyspace-events", "AE"] };

    private static readonly ClusterSettings Other = new() { Slots = SlotDivision.Uneven(3) };

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, "tracking", true, false)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80, "tracking", false, true)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, "tracking", true, true)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80, "tracking", true, true)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis70, "tracking", true, true)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Valkey91, "notify", true, true)]
    public async Task Follow_LoadOfEveryCommand_EndsEqual(
        ServerVersion from,
        ServerVersion to,
        string follow,
        bool fromCluster,
        bool intoCluster
    )
    {
        await using var source = await LoadedSide.StartAsync(from, fromCluster ? Even : null);
        await using var target = await LoadedSide.StartAsync(to, intoCluster ? Other : null);
        await using var load = LoadGenerator.Start(
            source.Nodes,
            new()
            {
                Seed = 1,
                CommandsPerSecond = 5_000,
                Databases = [0],
                FlushedDatabases = [0],
                FieldExpiry = source.Features.FieldExpiry && target.Features.FieldExpiry,
            }
        );
        await load.SendMoreAsync(Commands / 5);
        await using var program = new FollowingProgram(source.Uri, target.Uri, "--follow", follow);

        program.Start();
        await program.AwaitPhaseAsync("following");
        await load.SendMoreAsync(Commands);
        await load.StopAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);
        await ShouldEndEqualAsync(
            program,
            source,
            target,
            // PFCOUNT writes its result into the key, of which no event tells: both ends are to have it there.
            follow == "notify"
                ? CountAll
                : null
        );
        program.Log.ShouldContain($"({follow})");
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, "tracking", true, false)]
    [InlineData(ServerVersion.Redis80, "tracking", false, true)]
    [InlineData(ServerVersion.Valkey91, "notify", true, true)]
    public async Task Follow_SlotsMove_EndsEqual(ServerVersion version, string follow, bool atSource, bool atTarget)
    {
        await using var run = await ClusterRun.StartAsync(version, Even, Other, "--follow", follow);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.AwaitPhaseAsync("following");
        foreach (var cluster in run.Clusters(atSource, atTarget))
            await run.MoveSlotsAsync(cluster, ChangesBetween);

        await run.WriteAsync(ChangesBetween);
        await run.StopWritingAsync();
        await ShouldEndEqualAsync(run.Program, run.Source, run.Target);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, "tracking", true)]
    [InlineData(ServerVersion.Valkey91, "notify", true)]
    [InlineData(ServerVersion.Redis80, "tracking", false)]
    public async Task Follow_PrimaryIsKilled_EndsEqual(ServerVersion version, string follow, bool atSource)
    {
        await using var run = await ClusterRun.StartAsync(
            version,
            Even with
            {
                Replicas = 1,
            },
            Other with
            {
                Replicas = 1,
            },
            "--follow",
            follow
        );
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.AwaitPhaseAsync("following");
        await run.WriteAsync(ChangesBetween);
        var cluster = (atSource ? run.Source : run.Target).Cluster!;

        await cluster.KillPrimaryAsync(1);
        await cluster.WaitForTakeOverAsync(1);

        await run.WriteAsync(ChangesBetween);
        await run.StopWritingAsync();
        await ShouldEndEqualAsync(run.Program, run.Source, run.Target);
    }

    // The old primary stays, as a replica: its connections are not lost.
    [Theory]
    [InlineData(ServerVersion.Redis70, "tracking")]
    [InlineData(ServerVersion.Valkey91, "notify")]
    public async Task Follow_PrimaryIsReplacedInOrder_EndsEqual(ServerVersion version, string follow)
    {
        await using var run = await ClusterRun.StartAsync(
            version,
            Even with
            {
                Replicas = 1,
            },
            Other,
            "--follow",
            follow
        );
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.AwaitPhaseAsync("following");
        for (var shard = 0; shard < 2; shard++)
        {
            await run.WriteAsync(ChangesBetween);
            await run.Source.Cluster!.FailOverAsync(shard);
        }

        await run.WriteAsync(ChangesBetween);
        await run.StopWritingAsync();
        await ShouldEndEqualAsync(run.Program, run.Source, run.Target);
    }

    [Fact]
    public async Task Follow_NodeJoinsAndAnotherLeaves_EndsEqual()
    {
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis70, Even, Other, "--follow", "tracking");
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.AwaitPhaseAsync("following");
        await run.JoinAndLeaveAsync(ChangesBetween);

        await run.WriteAsync(ChangesBetween);
        await run.StopWritingAsync();
        await ShouldEndEqualAsync(run.Program, run.Source, run.Target);
    }

    // Nobody takes its place, nor is anything written to it: only itself can tell.
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_TargetPrimaryStartsAnewWithoutItsData_EndsEqual(ServerVersion version)
    {
        await using var source = await LoadedSide.StartAsync(version, cluster: null);
        await using var target = await LoadedSide.StartAsync(
            version,
            Other with
            {
                NodeTimeout = TimeSpan.FromSeconds(30),
            }
        );
        source.Clients[0].Call("DEBUG", "POPULATE", 3_000);
        await using var program = new FollowingProgram(source.Uri, target.Uri, "--follow", "tracking");
        program.Start();
        await program.AwaitPhaseAsync("following");
        await program.CaughtUpAsync();
        var held = target.Cluster!.Primary(1).Client.Number("DBSIZE");
        held.ShouldBePositive();

        var node = await target.Cluster.KillPrimaryAsync(1);
        await node.StartAgainAsync();

        await Wait.UntilAsync(
            () => node.Client.Number("DBSIZE") == held,
            "what was lost is at the target again",
            () => $"{node.Client.Number("DBSIZE")} of {held} keys\n{program.Log}"
        );
        await ShouldEndEqualAsync(program, source, target);
        program.Log.ShouldContain("may have lost");
    }

    // From a server that was not looked at yet to one that was.
    [Fact]
    public async Task Follow_VanishedKeysMoveWhileTheyAreLookedFor_TheyGoAllTheSame()
    {
        await using var source = await LoadedSide.StartAsync(ServerVersion.Redis70, cluster: null);
        await using var target = await LoadedSide.StartAsync(ServerVersion.Redis70, new() { Primaries = 2 });
        var (first, second) = (target.Cluster!.Primary(0), target.Cluster.Primary(1));
        await using var proxy = await target.Cluster.ProxyAsync(second);
        source.Clients[0].Call("DEBUG", "POPULATE", 1_000);
        await using var program = new FollowingProgram(source.Uri, target.Uri, "--follow", "tracking");
        program.Start();
        await program.AwaitPhaseAsync("following");
        await program.CaughtUpAsync();
        var slot = HashSlot.Of((byte[])second.Client.Call("RANDOMKEY")!);

        proxy.Freeze();
        source.Clients[0].Call("FLUSHALL");
        await Wait.UntilAsync(() => first.Client.Number("DBSIZE") == 0, "the first server has been looked at");
        var move = target.Cluster.BeginMove(slot, first);
        first.Client.Number("DBSIZE").ShouldBePositive();
        move.Finish();
        proxy.Thaw();

        await Wait.UntilAsync(
            () => first.Client.Number("DBSIZE") + second.Client.Number("DBSIZE") == 0,
            "all keys are gone",
            () => $"{first.Client.Number("DBSIZE")} and {second.Client.Number("DBSIZE")} are left\n{program.Log}"
        );
        await ShouldEndEqualAsync(program, source, target);
    }

    [Fact]
    public async Task Follow_KilledAgainAndAgain_EndsEqual()
    {
        const int Kills = 5;
        var random = new Random(3);
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis80, Even, Other, "--follow", "tracking");
        await run.WriteAsync(ChangesBefore);
        for (var kill = 0; kill < Kills; kill++)
        {
            await run.Program.EnsureRunsAsync();
            await run.WriteAsync(random.Next(2_000));
            await run.Program.KillAsync();
        }

        await run.ShouldEndEqualAsync();
    }

    [Fact]
    public async Task Follow_OneShardIsFlushed_TheOthersStay()
    {
        await using var source = await LoadedSide.StartAsync(ServerVersion.Redis70, Even);
        await using var target = await LoadedSide.StartAsync(ServerVersion.Redis70, Other);
        using var client = source.Cluster!.Connect();
        client.Pipeline(Enumerable.Range(0, 3_000).Select(i => (object[])["SET", $"key:{i}", i]));
        await using var program = new FollowingProgram(source.Uri, target.Uri, "--follow", "tracking");
        program.Start();
        await program.AwaitPhaseAsync("following");

        source.Cluster!.Primaries[1].Client.Call("FLUSHALL");
        client.Pipeline(Enumerable.Range(2_900, 200).Select(i => (object[])["INCR", $"key:{i}"]));
        await ShouldEndEqualAsync(program, source, target);
        source.Read().Keys.Count.ShouldBeInRange(1_500, 2_500);
    }

    [Fact]
    public async Task Follow_NobodyMayBeAReplica_TheWayIsFound()
    {
        var user = new AclUser("mover", "pass-word", "~* &* +@all -psync -sync -replconf");
        await using var source = await LoadedSide.StartAsync(ServerVersion.Redis80, Even with { Users = [user] });
        await using var target = await LoadedSide.StartAsync(ServerVersion.Redis80, Other);
        using var client = source.Cluster!.Connect();
        client.Pipeline(Enumerable.Range(0, 3_000).Select(i => (object[])["SET", $"key:{i}", i]));
        var uri = new ServerAccess { User = user.Name, Password = user.Password }.UriOf(
            source.Cluster.Nodes[0].Server.Port
        );
        await using var program = new FollowingProgram(uri, target.Uri);
        program.Start();
        await program.AwaitPhaseAsync("following");

        client.Pipeline(Enumerable.Range(2_900, 200).Select(i => (object[])["INCR", $"key:{i}"]));
        await ShouldEndEqualAsync(program, source, target);
        program.Log.ShouldContain("(tracking)");
    }

    // By the same run that heard of it all: another one would compare everything first.
    private static async Task ShouldEndEqualAsync(
        FollowingProgram program,
        LoadedSide source,
        LoadedSide target,
        Action<RespClient[]>? prepare = null
    )
    {
        await Task.Delay(Settled, TestContext.Current.CancellationToken);
        await program.CaughtUpAsync();
        await program.StopAsync();
        program.Runs.ShouldBe(1, program.Log);
        prepare?.Invoke([.. source.Clients, .. target.Clients]);
        var differences = ServerComparison.Compare(
            source.Read(),
            target.Read(),
            LiveComparison.Options(target.Features) with
            {
                IgnoreEntriesRead = false,
            }
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
    }

    private static void CountAll(RespClient[] clients)
    {
        foreach (var client in clients)
        {
            foreach (var key in (object?[])client.Call("KEYS", "*Cardinality:*")!)
                client.Try("PFCOUNT", key!);
        }
    }
}
