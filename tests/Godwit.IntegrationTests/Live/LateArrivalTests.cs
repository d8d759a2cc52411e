using Godwit.IntegrationTests.Live.Following;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Faults;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// A network may deliver what a connection had sent long after that was given up, or after the program was killed. That must not take
/// back what came later, nor count a second time. For a single target see <see cref="CounterTests"/>, for a cluster
/// <see cref="Clusters.ClusterFaultTests"/>.
/// </summary>
[TakesLong]
public sealed class LateArrivalTests
{
    private const int Losses = 4;
    private const int Seed = 6;

    private static readonly TimeSpan Late = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Follow_PastASentinel_EachChangeIsAppliedOnce(bool killsTheProgram)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        await using var replica = await RedisServer.StartAsync(
            ServerVersion.Redis70,
            "--replicaof",
            $"127.0.0.1 {target.Port}"
        );
        // The one server that it names is the proxy, and stays so however late its answers come.
        var settings = new SentinelSettings { Sentinels = 1, DownAfter = TimeSpan.FromMinutes(5) };
        await using var sentinel = await SentinelServer.StartAsync(ServerVersion.Redis70, settings, proxy.Port);
        using var reader = target.Connect();
        await Wait.UntilAsync(
            () => reader.Text("INFO", "replication").Contains("state=online", StringComparison.Ordinal),
            "the target has its replica"
        );
        await using var counters = CounterLoad.Start(source.Port, Seed);
        await using var program = new FollowingProgram(
            source.Uri,
            $"redis+sentinel://127.0.0.1:{sentinel.Port}/{settings.ServiceName}"
        );

        for (var loss = 0; loss < Losses; loss++)
        {
            await program.EnsureRunsAsync();
            await program.AdvanceAsync(reader);
            await LoseAsync(proxy, killsTheProgram ? program.KillAsync : null);
        }

        await Task.Delay(Late, TestContext.Current.CancellationToken);
        var expected = await counters.StopAsync();
        await program.CatchUpAsync();
        expected.ShouldBeIn(reader, $"at the target\n{program.Log}");
        TargetServer.CountKeys(reader).ShouldBe(CounterLoad.Keys);

        // What comes late sets the target's record back, which would be mended by a new copy.
        program.Log.ShouldNotContain(" --yes");
        program.ShouldHaveLeftNothing(reader);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Follow_ByNames_EndsEqual(bool killsTheProgram)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var run = new FollowedRun(source.Uri, target, "--follow", "tracking")
        {
            TargetUri = $"redis://127.0.0.1:{proxy.Port}",
        };
        await using (var counters = CounterLoad.Start(source.Port, Seed))
        {
            await run.StartAsync(CounterLoad.Keys / 2);
            await counters.StopAsync();
        }

        for (var loss = 0; loss < Losses; loss++)
        {
            await using (var counters = CounterLoad.Start(source.Port, Seed + loss))
            {
                await run.WriteUntilFollowedAsync(writer);
                await LoseAsync(proxy, killsTheProgram ? run.KillAsync : null);
                if (killsTheProgram)
                    await run.StartAsync(CounterLoad.Keys, "--resume");
                await Task.Delay(Late / 6, cancellationToken);
                await counters.StopAsync();
            }

            // By now all that was held up has come.
            await Task.Delay(Late * 1.5, cancellationToken);
            FollowedRun.ShouldBeEqual(writer, reader, $"after loss {loss}");
        }

        var result = await run.StopAsync();
        FollowedRun.ShouldBeEqual(writer, reader, result.Everything);
    }

    // What is sent to the target from now on comes late; then all its clients lose it, but for what is on its way.
    private static async Task LoseAsync(FaultProxy proxy, Func<Task>? kill)
    {
        proxy.Delay(Direction.ToServer, Late);
        await Task.Delay(Late / 6, TestContext.Current.CancellationToken);

        // First, since what a program that has died had sent is dropped where the server's answers reach nobody.
        proxy.AbandonAll();
        if (kill is not null)
            await kill();
        proxy.Delay(Direction.ToServer, TimeSpan.Zero);
    }
}
