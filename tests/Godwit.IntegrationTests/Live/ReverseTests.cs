using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Live.Clusters;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live;

/// <summary>Going back after a cut-over: what has changed since comes back, and nothing goes round in a circle.</summary>
public sealed class ReverseTests
{
    private const int Commands = 8_000;

    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91)]
    public async Task Reverse_BegunBeforeTheCutOver_BringsBackWhatHasChangedSince(
        ServerVersion old,
        ServerVersion later
    )
    {
        await using var first = await LoadedSide.StartAsync(old, null);
        await using var second = await LoadedSide.StartAsync(later, null);
        await ReverseAsync(first, second, [0, 1, 2, 9]);
    }

    [Fact]
    public async Task Reverse_BetweenClusters_BringsBackWhatHasChangedSince()
    {
        await using var first = await LoadedSide.StartAsync(ServerVersion.Redis70, new());
        await using var second = await LoadedSide.StartAsync(
            ServerVersion.Redis70,
            new() { Slots = SlotDivision.Uneven(3) }
        );
        await ReverseAsync(first, second, [0]);
    }

    // The target's clients write on behind the place where the job ends, while it still puts that down.
    [Fact]
    public async Task Reverse_JobIsSlowToEnd_BringsBackWhatChangedMeanwhile()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var first = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var second = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(second.Port);
        using var firstClient = first.Connect();
        using var secondClient = second.Connect();
        var target = $"redis://127.0.0.1:{proxy.Port}";
        await using var forward = new FollowingProgram(first.Uri, target);
        forward.Start();
        await forward.FollowAsync([secondClient]);
        await using var back = new FollowingProgram(target, first.Uri, "--reverse-of", forward.State);
        back.Start();
        await back.AwaitPhaseAsync("waiting for the cut-over");
        await forward.CaughtUpAsync();

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = Task.Run(
            async () =>
            {
                using var writer = second.Connect();
                for (var i = 0; !enough.IsCancellationRequested; i++)
                {
                    writer.Call("SET", "key", i);
                    await Task.Delay(5, cancellationToken);
                }
            },
            cancellationToken
        );
        proxy.Delay(Direction.ToClient, TimeSpan.FromMilliseconds(400));
        await forward.StopAsync();
        proxy.Delay(Direction.ToClient, TimeSpan.Zero);
        forward.Log.ShouldContain("\"caught_up\":true");
        await back.AwaitPhaseAsync("following");
        await enough.CancelAsync();
        await writing;
        await back.CatchUpAsync();

        firstClient.Text("GET", "key").ShouldBe(secondClient.Text("GET", "key"));
    }

    // The server has a replica, and so keeps what has changed lately.
    [Fact]
    public async Task Reverse_BegunAfterTheCutOver_FollowsFromThere()
    {
        await using var first = await LoadedSide.StartAsync(ServerVersion.Redis70, null);
        await using var second = await LoadedSide.StartAsync(ServerVersion.Redis70, null);
        await using var replica = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var own = replica.Connect();
        own.Call("REPLICAOF", "127.0.0.1", second.Nodes[0].Port);
        second.Clients[0].Call("CONFIG", "SET", "repl-backlog-size", "64mb");
        await LoadAsync(first, seed: 1, [0]);
        await using var forward = new FollowingProgram(first.Uri, second.Uri);
        await forward.CatchUpAsync();
        await LoadAsync(second, seed: 2, [0]);

        await using var back = new FollowingProgram(second.Uri, first.Uri, "--reverse-of", forward.State);
        var result = await back.CatchUpAsync();

        // Nothing was copied.
        result.Keys.Read.ShouldBe(0);
        ShouldBeEqual(second, first, back);
    }

    [Fact]
    public async Task Reverse_HistoryIsGone_IsRefusedAndCopiesWhereThatIsMeant()
    {
        await using var first = await LoadedSide.StartAsync(ServerVersion.Redis70, null);
        await using var second = await LoadedSide.StartAsync(ServerVersion.Redis70, null);
        await LoadAsync(first, seed: 1, [0]);
        await using var forward = new FollowingProgram(first.Uri, second.Uri);
        await forward.CatchUpAsync();
        await LoadAsync(second, seed: 2, [0]);
        var before = Digest.Of(first.Clients[0]);
        using var godwit = new GodwitProcess();
        string[] command =
        [
            "migrate",
            second.Uri,
            first.Uri,
            "--live",
            "--until",
            "caught-up",
            "--reverse-of",
            forward.State,
            "--json",
        ];

        var refused = await godwit.RunAsync(command);
        refused.ShouldHaveEnded(3);
        refused.Error.ShouldContain("--yes");
        Digest.Of(first.Clients[0]).ShouldBe(before);

        (await godwit.RunAsync([.. command, "--yes"])).ShouldHaveEnded(0);
        ShouldBeEqual(second, first, forward);
    }

    [Fact]
    public async Task Reverse_OfAJobThatHasNotCaughtUp_IsRefused()
    {
        await using var first = await LoadedSide.StartAsync(ServerVersion.Redis70, null);
        await using var second = await LoadedSide.StartAsync(ServerVersion.Redis70, null);
        first.Clients[0].Call("SET", "key", "value");
        await using var forward = new FollowingProgram(first.Uri, second.Uri);
        forward.Start();
        await forward.FollowAsync(second.Clients);
        await forward.KillAsync();
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            second.Uri,
            first.Uri,
            "--live",
            "--reverse-of",
            forward.State,
            "--json"
        );

        result.ShouldHaveEnded(3);
        result.Error.ShouldContain("--resume");
    }

    private static async Task ReverseAsync(LoadedSide first, LoadedSide second, int[] databases)
    {
        await using var forward = new FollowingProgram(first.Uri, second.Uri);
        forward.Start();
        await forward.FollowAsync(second.Clients);
        await using var back = new FollowingProgram(second.Uri, first.Uri, "--reverse-of", forward.State);
        back.Start();
        await LoadAsync(first, seed: 1, databases);
        await back.AwaitPhaseAsync("waiting for the cut-over");
        await forward.CaughtUpAsync();

        // The cut-over.
        await forward.StopAsync();
        forward.Log.ShouldContain("\"caught_up\":true");

        // Until then it takes away what the other one has left, perhaps while that is being read.
        await back.AwaitPhaseAsync("following");
        ShouldBeEqual(first, second, forward);
        await LoadAsync(second, seed: 2, databases);
        await back.CatchUpAsync();

        ShouldBeEqual(second, first, back);
        back.ShouldHaveLeftNothing([.. first.Clients, .. second.Clients]);
        File.Exists(Path.Combine(forward.State, "job.json")).ShouldBeFalse("it could be gone on with");
    }

    private static async Task LoadAsync(LoadedSide side, int seed, int[] databases)
    {
        await using var load = LoadGenerator.Start(
            side.Nodes,
            new()
            {
                Seed = seed,
                Databases = databases,
                FlushedDatabases = databases.Length > 1 ? [databases[^1]] : [],
                FieldExpiry = false,
            }
        );
        await load.SendMoreAsync(Commands);
        await load.StopAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);
    }

    // A job that was stopped keeps its record.
    private static ServerState WithoutJobs(ServerState state) =>
        state with
        {
            Keys = state
                .Keys.Where(key => !key.Key.Name.StartsWith("godwit:", StringComparison.Ordinal))
                .ToDictionary(),
        };

    private static void ShouldBeEqual(LoadedSide one, LoadedSide other, FollowingProgram program)
    {
        var differences = ServerComparison.Compare(
            WithoutJobs(one.Read()),
            WithoutJobs(other.Read()),
            LiveComparison.Options(other.Features) with
            {
                IgnoreFunctions = one.Cluster is not null,
            }
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
    }
}
