using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>The primary that Sentinels name, as the source and as the target of changes, and a failover in the middle.</summary>
public sealed class SentinelLoadTests
{
    private const int Commands = 6_000;

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_SourceFailsOver_EndsEqual(ServerVersion version)
    {
        await using var set = await SentinelSet.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var reader = target.Connect();
        await using var program = new FollowingProgram(UriOf(set), target.Uri);
        await using (var load = LoadGenerator.Start(LoadNode.Of(set.Primary), Settings(seed: 1)))
        {
            await load.SendMoreAsync(Commands);
            program.Start();
            await program.FollowAsync(reader);
            await load.SendMoreAsync(Commands);

            var killed = await set.KillPrimaryAsync();
            await set.WaitForTakeOverAsync(killed);
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
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis70)]
    public async Task Follow_TargetFailsOver_EndsEqual(ServerVersion version)
    {
        await using var source = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        await using var set = await SentinelSet.StartAsync(version);
        await using var load = LoadGenerator.Start(LoadNode.Of(source), Settings(seed: 3));
        await load.SendMoreAsync(Commands);
        await using var program = new FollowingProgram(source.Uri, UriOf(set));
        program.Start();
        using (var before = set.Primary.Connect())
            await program.FollowAsync(before);
        await load.SendMoreAsync(Commands);

        var killed = await set.KillPrimaryAsync();
        await set.WaitForTakeOverAsync(killed);

        await load.SendMoreAsync(Commands);
        await load.StopAsync();
        using var reader = set.Primary.Connect();
        await ShouldEndEqualAsync(program, writer, reader);
    }

    private static LoadSettings Settings(int seed) => new() { Seed = seed, SurvivesTheServer = true };

    private static string UriOf(SentinelSet set) =>
        $"redis+sentinel://{string.Join(',', set.Sentinels.Select(sentinel => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{sentinel.Port}")))}/{set.ServiceName}";

    private static async Task ShouldEndEqualAsync(FollowingProgram program, RespClient source, RespClient target)
    {
        var result = await program.CatchUpAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);
        result.Keys.Failed.ShouldBe(0);
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(source),
            ServerStateReader.Read(target),
            LiveComparison.Options(ServerFeatures.Ask(target))
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
        program.ShouldHaveLeftNothing(target);
    }
}
