using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Live.Following;

/// <summary>The primary that Sentinels name, followed by the names of the keys that change, and a failover in the middle.</summary>
[TakesLong]
public sealed class SentinelFollowTests
{
    private const int Commands = 4_000;

    // What the load has set to expire has done so, and the program has looked several times since.
    private static readonly TimeSpan Settled = LoadSettings.LongestShortLife + TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(ServerVersion.Redis70, true)]
    [InlineData(ServerVersion.Redis80, false)]
    public async Task Follow_SourceFailsOver_EndsEqual(ServerVersion version, bool isKilled)
    {
        await using var set = await SentinelSet.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var reader = target.Connect();
        await using var program = new FollowingProgram(set.Uri, target.Uri, "--follow", "tracking");
        await using (var load = LoadGenerator.Start(LoadNode.Of(set.Primary), Settings(seed: 1)))
        {
            await load.SendMoreAsync(Commands);
            program.Start();
            await program.AwaitPhaseAsync("following");
            await load.SendMoreAsync(Commands);
            if (isKilled)
                await set.WaitForTakeOverAsync(await set.KillPrimaryAsync());
            else
                await set.FailOverAsync();
        }

        await using (var load = LoadGenerator.Start(LoadNode.Of(set.Primary), Settings(seed: 2)))
        {
            await load.SendMoreAsync(Commands);
            await load.StopAsync();
        }

        using var writer = set.Primary.Connect();
        await ShouldEndEqualAsync(program, writer, reader);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, true)]
    [InlineData(ServerVersion.Valkey91, false)]
    public async Task Follow_TargetFailsOver_EndsEqual(ServerVersion version, bool isKilled)
    {
        await using var source = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        await using var set = await SentinelSet.StartAsync(version);
        await using var load = LoadGenerator.Start(LoadNode.Of(source), Settings(seed: 3));
        await load.SendMoreAsync(Commands);
        await using var program = new FollowingProgram(source.Uri, set.Uri, "--follow", "tracking");
        program.Start();
        await program.AwaitPhaseAsync("following");
        await load.SendMoreAsync(Commands);

        if (isKilled)
            await set.WaitForTakeOverAsync(await set.KillPrimaryAsync());
        else
            await set.FailOverAsync();

        await load.SendMoreAsync(Commands);
        await load.StopAsync();
        using var reader = set.Primary.Connect();
        await ShouldEndEqualAsync(program, writer, reader);
    }

    // Its key was read by a comparison alone: nobody had told of the database while it held any.
    [Fact]
    public async Task Follow_DatabaseThatAComparisonHasFoundBecomesEmpty_ItsKeyGoes()
    {
        await using var set = await SentinelSet.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = set.Primary.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "key", "value");
        await using var program = new FollowingProgram(set.Uri, target.Uri, "--follow", "tracking");
        program.Start();
        await program.AwaitPhaseAsync("following");
        await program.CaughtUpAsync();

        // In one go, so that nobody listens yet when the key comes.
        writer.Pipeline([
            ["SELECT", 3],
            .. FollowedRun.Listeners(writer).Select(id => (object[])["CLIENT", "KILL", "ID", id]),
            ["SET", "last of its database", "value"],
        ]);
        reader.Call("SELECT", 3);
        await Wait.UntilAsync(() => reader.Call("DBSIZE") is 1L, "the key is at the target", () => program.Log);
        await program.CaughtUpAsync();
        writer.Call("DEL", "last of its database");

        await Wait.UntilAsync(() => reader.Call("DBSIZE") is 0L, "it has gone from there", () => program.Log);
        await ShouldEndEqualAsync(program, writer, reader);
    }

    private static LoadSettings Settings(int seed) =>
        new()
        {
            Seed = seed,
            SurvivesTheServer = true,
            CommandsPerSecond = 5_000,
        };

    // By the same run that heard of it all: another one would compare everything first.
    private static async Task ShouldEndEqualAsync(FollowingProgram program, RespClient source, RespClient target)
    {
        await Task.Delay(Settled, TestContext.Current.CancellationToken);
        await program.CaughtUpAsync();
        await program.StopAsync();
        program.Runs.ShouldBe(1, program.Log);
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(source),
            ServerStateReader.Read(target),
            LiveComparison.Options(ServerFeatures.Ask(target)) with
            {
                IgnoreEntriesRead = false,
            }
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
    }
}
