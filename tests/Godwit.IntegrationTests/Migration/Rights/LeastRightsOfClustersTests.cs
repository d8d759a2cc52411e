using Godwit.IntegrationTests.Live;
using Godwit.IntegrationTests.Live.Clusters;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>
/// Live jobs between ends whose servers change, with just the rights that the documentation names: slots move, primaries are lost, the
/// program is killed. All is equal in the end, and no server has refused anything but what the documentation says may be refused.
/// </summary>
[TakesLong]
public sealed class LeastRightsOfClustersTests
{
    private const int Commands = 6_000;
    private const int Changes = 1_500;

    // Asked at both ends, and where a refusal changes nothing; what rights are asked about with, else by other means.
    private static readonly string[] MayBeRefused = ["command module|list", "command subscribe", "command acl|dryrun"];

    // A source is asked by trying what reading it may take, whichever way is gone then.
    private static readonly string[] MayBeRefusedAtSource =
    [
        .. MayBeRefused,
        .. (string[])["command ping", "command readonly", "command command|info"],
        .. DocumentedRights
            .Of("By SCAN", ServerVersion.Redis80)
            .Where(right => right.StartsWith('+'))
            .Select(right => $"command {right[1..]}"),
    ];

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_ServerIntoACluster_EndsEqual(ServerVersion version)
    {
        await using var pair = await StartAsync(version, SideKind.Server, SideKind.Cluster);
        await using var load = LoadGenerator.Start(
            pair.Source.Nodes,
            new()
            {
                Seed = 11,
                Databases = [0],
                FlushedDatabases = [0],
                FieldExpiry = pair.Target.Features.FieldExpiry,
            }
        );
        await load.SendMoreAsync(Commands);
        await using var program = new FollowingProgram(pair.Source.Uri, pair.Target.Uri, "--verbose");
        program.Start();
        await program.FollowAsync(pair.Target.Primaries);
        await load.SendMoreAsync(Commands);
        await program.KillAsync();
        await load.SendMoreAsync(Commands);
        program.Start();
        await program.AdvanceAsync(pair.Target.Primaries);
        await MoveSlotsAsync(pair.Target.Cluster!);
        await load.SendMoreAsync(Commands);
        await LosePrimaryAsync(pair.Target.Cluster!);
        await load.SendMoreAsync(Commands);
        await load.StopAsync();

        await ShouldEndEqualAsync(pair, program);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_ClusterIntoACluster_EndsEqual(ServerVersion version)
    {
        await using var pair = await StartAsync(version, SideKind.Cluster, SideKind.Cluster);
        var source = pair.Source.Cluster!;
        await using var writer = SlotWriter.Start(source, seed: 12);
        await using var program = new FollowingProgram(pair.Source.Uri, pair.Target.Uri, "--verbose");
        await WriteAsync(writer, program);
        program.Start();
        await program.FollowAsync(pair.Target.Primaries);
        foreach (var cluster in (TestCluster[])[source, pair.Target.Cluster!])
        {
            await WriteAsync(writer, program);
            await MoveSlotsAsync(cluster);
            await WriteAsync(writer, program);
            await LosePrimaryAsync(cluster);
        }

        await WriteAsync(writer, program);
        await writer.StopAsync();

        await ShouldEndEqualAsync(pair, program);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_ServerPastASentinel_EndsEqual(ServerVersion version)
    {
        await using var pair = await StartAsync(version, SideKind.Server, SideKind.Sentinel);
        await using var load = LoadGenerator.Start(pair.Source.Nodes, new() { Seed = 13 });
        await load.SendMoreAsync(Commands);
        await using var program = new FollowingProgram(pair.Source.Uri, pair.Target.Uri, "--verbose");
        program.Start();
        await program.FollowAsync(pair.Target.Primaries);
        await load.SendMoreAsync(Commands);
        var set = pair.Target.Sentinels!;
        await set.WaitForTakeOverAsync(await set.KillPrimaryAsync());
        await load.SendMoreAsync(Commands);
        await program.EnsureRunsAsync();
        await program.KillAsync();
        await load.SendMoreAsync(Commands);
        await load.StopAsync();

        await ShouldEndEqualAsync(pair, program);
    }

    private static Task<LimitedPair> StartAsync(ServerVersion version, SideKind from, SideKind to) =>
        LimitedPair.StartAsync(
            version,
            from,
            to,
            [
                .. DocumentedRights.Of("The source, by its stream", version),
                .. from == SideKind.Cluster
                    ? DocumentedRights.Of("A cluster", version).Except(["+readonly"], StringComparer.Ordinal)
                    : [],
            ],
            [
                .. DocumentedRights.Of("The target, by its source's stream", version),
                .. DocumentedRights
                    .Of("Into a cluster", version)
                    .Where(right => to == SideKind.Cluster || right is not ("+cluster|nodes" or "+asking")),
            ],
            _ => { },
            replicas: 1
        );

    private static Task WriteAsync(SlotWriter writer, FollowingProgram program)
    {
        var enough = writer.Written + Changes;
        return Wait.UntilAsync(() => writer.Written >= enough, "more changes are written", () => program.Log);
    }

    private static async Task MoveSlotsAsync(TestCluster cluster)
    {
        var (first, second) = (cluster.Primaries[0], cluster.Primaries[1]);
        var slots = cluster.Owners().Where(owner => owner.Value == first).Select(owner => owner.Key).Take(40);
        await cluster.MoveAsync([.. slots], first, second);
    }

    private static async Task LosePrimaryAsync(TestCluster cluster)
    {
        await cluster.KillPrimaryAsync(2);
        await cluster.WaitForTakeOverAsync(2);
    }

    private static async Task ShouldEndEqualAsync(LimitedPair pair, FollowingProgram program)
    {
        var result = await program.CatchUpAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);
        result.Keys.Failed.ShouldBe(0);
        pair.ShouldBeEqual(LiveComparison.Options(pair.Target.Features), program.Log);
        program.ShouldHaveLeftNothing(pair.Target.Primaries);
        program.Log.ShouldNotContain("may not run");
        program.Log.ShouldNotContain("does not let us");
        pair.Source.Refused().Except(MayBeRefusedAtSource, StringComparer.Ordinal).ShouldBeEmpty(program.Log);
        pair.Target.Refused().Except(MayBeRefused, StringComparer.Ordinal).ShouldBeEmpty(program.Log);
    }
}
