using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>
/// All that clients write while snapshots are taken and behind them arrives, in order, and once: from one server into a cluster, from a
/// cluster into another one or into one server.
/// </summary>
[TakesLong]
public sealed class ClusterLoadTests
{
    private const int CommandsBefore = 3_000;
    private const int CommandsWhileCopying = 4_000;
    private const int CommandsBehind = 20_000;

    private static readonly ClusterSettings Even = new();

    private static readonly ClusterSettings Uneven = new() { Primaries = 4, Slots = SlotDivision.Uneven(4) };

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, 1)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80, 2)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, 3)]
    public Task Follow_ServerIntoCluster_EndsEqual(ServerVersion from, ServerVersion to, int seed) =>
        FollowAsync(from, null, to, Even, seed);

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80, 1)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis70, 2)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, 3)]
    public Task Follow_ClusterIntoClusterOfOtherSlots_EndsEqual(ServerVersion from, ServerVersion to, int seed) =>
        FollowAsync(from, Even, to, Uneven, seed);

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80, 1)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, 2)]
    public Task Follow_ClusterIntoServer_EndsEqual(ServerVersion from, ServerVersion to, int seed) =>
        FollowAsync(from, Even, to, null, seed);

    private static async Task FollowAsync(
        ServerVersion from,
        ClusterSettings? fromCluster,
        ServerVersion to,
        ClusterSettings? toCluster,
        int seed
    )
    {
        await using var source = await LoadedSide.StartAsync(from, fromCluster);
        await using var target = await LoadedSide.StartAsync(to, toCluster);
        var features = target.Features;
        await using var load = LoadGenerator.Start(
            source.Nodes,
            new()
            {
                Seed = seed,
                CommandsPerSecond = 10_000,
                Databases = [0],
                FlushedDatabases = [0],
                FieldExpiry = features.FieldExpiry,
            }
        );
        await load.SendMoreAsync(CommandsBefore);
        await using var program = new FollowingProgram(source.Uri, target.Uri);

        program.Start();
        await program.WriteAsync(target.Clients);
        await load.SendMoreAsync(CommandsWhileCopying);
        await program.FollowAsync(target.Clients);
        await load.SendMoreAsync(CommandsBehind);
        await load.StopAsync();
        var result = await program.CatchUpAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);

        program.Runs.ShouldBeLessThanOrEqualTo(2, program.Log);
        result.Keys.Failed.ShouldBe(0);
        var differences = ServerComparison.Compare(source.Read(), target.Read(), LiveComparison.Options(features));
        LiveComparison.ShouldBeNone(differences, $"seed {seed}\n{program.Log}");
        program.ShouldHaveLeftNothing(target.Clients);
    }
}
