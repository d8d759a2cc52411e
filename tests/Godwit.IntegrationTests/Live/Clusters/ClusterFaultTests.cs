using System.Text;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>Clusters that change while their changes are followed: slots that move, primaries that are lost, nodes that come and go.</summary>
[TakesLong]
public sealed class ClusterFaultTests
{
    private const int ChangesBefore = 2_000;
    private const int ChangesBetween = 1_500;

    private static readonly ClusterSettings Other = new() { Slots = SlotDivision.Uneven(3) };

    [Theory]
    [InlineData(ServerVersion.Redis70, true, false)]
    [InlineData(ServerVersion.Redis80, false, true)]
    [InlineData(ServerVersion.Valkey91, true, true)]
    public async Task Follow_SlotsMove_EndsEqual(ServerVersion version, bool atSource, bool atTarget)
    {
        await using var run = await ClusterRun.StartAsync(version, new(), Other);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        foreach (var cluster in run.Clusters(atSource, atTarget))
            await run.MoveSlotsAsync(cluster, ChangesBetween);

        await run.WriteAsync(ChangesBetween);
        await run.ShouldEndEqualAsync();
    }

    // While it has nothing else to do it looks after expiries: that is to end, too.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Follow_SlotsMoveWhileItHasCaughtUp_GoesOnByItself(bool atSource)
    {
        await using var source = await TestCluster.StartAsync(ServerVersion.Redis70, new());
        await using var target = await TestCluster.StartAsync(ServerVersion.Redis70, Other);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync([.. target.Primaries.Select(node => node.Client)]);
        await program.CaughtUpAsync();
        var cluster = atSource ? source : target;
        var key = cluster.KeyIn(0);

        await cluster.MoveAsync(
            [HashSlot.Of(Encoding.ASCII.GetBytes(key))],
            cluster.Primaries[0],
            cluster.Primaries[1]
        );

        for (var value = 0; value < 20; value++)
        {
            writer.Call("SET", key, value);
            await Wait.UntilAsync(
                () => reader.Call("GET", key) is byte[] text && Encoding.ASCII.GetString(text) == $"{value}",
                $"{value} arrives",
                () => program.Log
            );
            await Task.Delay(TimeSpan.FromMilliseconds(250), TestContext.Current.CancellationToken);
        }

        await program.CaughtUpAsync();
        program.Runs.ShouldBe(1, program.Log);
    }

    // Of what is on its way to a server that is far away, several batches are sent elsewhere.
    [Fact]
    public async Task Follow_SlotsOfAServerThatAnswersLateMove_GoesOnByItselfAndEndsEqual()
    {
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis70, new(), Other);
        var cluster = run.Target.Cluster!;
        var (from, to) = (cluster.Primaries[1], cluster.Primaries[0]);
        await using var proxy = await cluster.ProxyAsync(from);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        proxy.Delay(Direction.ToClient, TimeSpan.FromMilliseconds(300));
        for (var moves = 0; moves < 3; moves++)
        {
            await run.WriteAsync(ChangesBetween);
            var owners = cluster.Owners();
            var slots = SlotWriter.Slots.Where(slot => owners[slot] == from).Take(50);
            await cluster.MoveAsync([.. slots], from, to);
        }

        proxy.Delay(Direction.ToClient, TimeSpan.Zero);
        await run.WriteAsync(ChangesBetween);
        await run.ShouldEndEqualAsync();
        run.Program.Runs.ShouldBe(2, run.Program.Log);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, true)]
    [InlineData(ServerVersion.Redis70, false)]
    [InlineData(ServerVersion.Valkey91, false)]
    public async Task Follow_PrimaryIsKilled_EndsEqual(ServerVersion version, bool atSource)
    {
        await using var run = await ClusterRun.StartAsync(version, new() { Replicas = 1 }, Other with { Replicas = 1 });
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        await run.WriteAsync(ChangesBetween);
        var cluster = (atSource ? run.Source : run.Target).Cluster!;

        await cluster.KillPrimaryAsync(1);
        await cluster.WaitForTakeOverAsync(1);

        await run.WriteAsync(ChangesBetween);
        await run.ShouldEndEqualAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Follow_OneShardIsFlushed_TheOthersStay(bool intoCluster)
    {
        await using var source = await LoadedSide.StartAsync(ServerVersion.Redis70, new());
        await using var target = await LoadedSide.StartAsync(ServerVersion.Redis70, intoCluster ? Other : null);
        using var client = source.Cluster!.Connect();
        client.Pipeline(Enumerable.Range(0, 3_000).Select(i => (object[])["SET", $"key:{i}", i]));
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(target.Clients);

        source.Cluster!.Primaries[1].Client.Call("FLUSHALL");
        client.Pipeline(Enumerable.Range(2_900, 200).Select(i => (object[])["INCR", $"key:{i}"]));
        await program.CaughtUpAsync();
        var state = source.Read();
        state.Keys.Count.ShouldBeInRange(1_500, 2_500);
        target
            .Clients.Sum(client => client.Number("DBSIZE") - ((object?[])client.Call("KEYS", "godwit:*")!).Length)
            .ShouldBe(state.Keys.Count, program.Log);
        await program.KillAsync();
        await program.CatchUpAsync();
        program.Runs.ShouldBe(2, program.Log);
        LiveComparison.ShouldBeNone(
            ServerComparison.Compare(state, target.Read(), LiveComparison.Options(target.Features)),
            program.Log
        );
    }

    [Fact]
    public async Task Follow_NodeJoinsAndAnotherLeaves_EndsEqual()
    {
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis70, new(), Other);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        await run.WriteAsync(ChangesBetween);
        await run.JoinAndLeaveAsync(ChangesBetween);

        await run.WriteAsync(ChangesBetween);
        await run.ShouldEndEqualAsync();
    }

    [Fact]
    public async Task Follow_ProgramIsKilledAgainAndAgain_EndsEqual()
    {
        const int Kills = 8;
        var random = new Random(3);
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis80, new(), Other);
        await run.WriteAsync(ChangesBefore);
        for (var kill = 0; kill < Kills; kill++)
        {
            await run.Program.EnsureRunsAsync();
            if (kill > 0)
                await run.Program.AdvanceAsync(run.Target.Clients);
            await Task.Delay(random.Next(kill == 0 ? 1_500 : 400), TestContext.Current.CancellationToken);
            await run.Program.KillAsync();
        }

        await run.ShouldEndEqualAsync();
    }

    // A network may deliver what a connection had sent long after that was given up.
    [Fact]
    public async Task Follow_WhatLostConnectionsSentArrivesLate_EndsEqual()
    {
        var late = TimeSpan.FromSeconds(1);
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis70, new(), Other);
        await using var proxy = await run.Target.Cluster!.ProxyAsync(run.Target.Cluster.Primaries[1]);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        for (var loss = 0; loss < 5; loss++)
        {
            proxy.Delay(Direction.ToServer, late);
            await Task.Delay(late / 2, TestContext.Current.CancellationToken);
            proxy.AbandonAll();
            proxy.Delay(Direction.ToServer, TimeSpan.Zero);
            await Task.Delay(late * 2, TestContext.Current.CancellationToken);
        }

        await run.ShouldEndEqualAsync();
    }

    // After a loss many keys are read anew and written as they are: such a state, delivered late, would undo what was changed since.
    [Fact]
    public async Task Follow_WhatLostConnectionsSentOfKeysReadAnewArrivesLate_EndsEqual()
    {
        const int BytesIntoReading = 20_000;
        var late = TimeSpan.FromSeconds(3);
        var token = TestContext.Current.CancellationToken;
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis70, new(), Other);
        await using var proxy = await run.Target.Cluster!.ProxyAsync(run.Target.Cluster.Primaries[1]);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        for (var loss = 0; loss < 4; loss++)
        {
            proxy.AbandonAll();
            var begun = proxy.BytesPassed(Direction.ToServer) + BytesIntoReading;
            await Wait.UntilAsync(
                () => proxy.BytesPassed(Direction.ToServer) >= begun,
                "the keys are being written again",
                () => run.Program.Log
            );
            proxy.Delay(Direction.ToServer, late);
            await Task.Delay(late / 6, token);
            proxy.AbandonAll();
            proxy.Delay(Direction.ToServer, TimeSpan.Zero);
            await Task.Delay(late, token);
        }

        await run.ShouldEndEqualAsync();
    }

    // A slot moved while nobody followed: whoever resumes finds its keys elsewhere.
    [Fact]
    public async Task Follow_SlotsMoveBetweenTwoRuns_EndsEqual()
    {
        await using var run = await ClusterRun.StartAsync(ServerVersion.Redis70, new(), Other);
        await run.WriteAsync(ChangesBefore);
        run.Program.Start();
        await run.Program.FollowAsync(run.Target.Clients);
        await run.WriteAsync(ChangesBetween);
        await run.Program.KillAsync();

        foreach (var cluster in run.Clusters(atSource: true, atTarget: true))
        {
            var (first, second) = (cluster.Primaries[0], cluster.Primaries[1]);
            var slots = cluster.Owners().Where(owner => owner.Value == first).Select(owner => owner.Key).Take(300);
            await cluster.MoveAsync([.. slots], first, second);
        }

        await run.WriteAsync(ChangesBetween);
        await run.ShouldEndEqualAsync();
    }
}
