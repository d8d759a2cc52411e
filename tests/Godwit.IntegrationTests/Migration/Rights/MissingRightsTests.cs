using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>
/// Each of the rights that the documentation names is taken away in turn: it is named, with the rule that grants it, and
/// nothing has been written then, or everything, where it can be done without.
/// </summary>
[TakesLong]
public sealed class MissingRightsTests
{
    private const ServerVersion Version = ServerVersion.Redis80;

    // As the documentation says: before 7.0 alone, with RESP2 alone, or of no consequence.
    private static readonly string[] NotWanted = ["+pttl", "+time", "+client|setname", "+client|id", "+subscribe"];

    // What a cluster wants beside, but for what the documentation says: replicas are not read where changes are followed.
    private static readonly string[] NotWantedToFollowACluster = [.. NotWanted, "+readonly"];

    // Sentinels' servers are asked for no slots.
    private static readonly string[] OfClustersAlone = ["+cluster|nodes", "+asking"];

    private static readonly string[] ByStream = ["--live", "--until", "caught-up", "--follow", "sync"];

    [Theory]
    [InlineData("As a replica", "--read", "sync")]
    [InlineData("By SCAN", "--read", "scan")]
    [InlineData("The source, by its stream", "--live", "--until", "caught-up", "--follow", "sync")]
    [InlineData("The source, by the names", "--live", "--until", "caught-up", "--follow", "tracking")]
    public async Task Migrate_SourceUserLacksOne_ItIsNamed(string heading, params string[] options)
    {
        var rights = DocumentedRights.Of(heading, Version);
        await using var pair = await LimitedPair.StartAsync(Version, rights, ["~*", "&*", "+@all"], DataSet.FillSmall);

        await TakeEachAsync(pair, pair.Source, rights.Except(NotWanted, StringComparer.Ordinal), options);
    }

    [Theory]
    [InlineData("Writing a server", "", "--read", "scan")]
    [InlineData("The target, by its source's stream", "", "--live", "--until", "caught-up", "--follow", "sync")]
    [InlineData(
        "The target, by the names",
        "Writing a server",
        "--live",
        "--until",
        "caught-up",
        "--follow",
        "tracking"
    )]
    public async Task Migrate_TargetUserLacksOne_ItIsNamed(string heading, string beside, params string[] options)
    {
        var rights = DocumentedRights.Of(heading, Version);
        string[] all = [.. rights, .. beside.Length > 0 ? DocumentedRights.Of(beside, Version) : []];
        await using var pair = await LimitedPair.StartAsync(Version, ["~*", "&*", "+@all"], all, DataSet.FillSmall);

        await TakeEachAsync(pair, pair.Target, rights.Where(right => right != "+client|setname"), options);
    }

    [Fact]
    public async Task Follow_UserOfAClusterLacksOne_ItIsNamed()
    {
        string[] rights =
        [
            .. DocumentedRights.Of("The source, by its stream", Version),
            .. DocumentedRights.Of("A cluster", Version),
        ];
        await using var pair = await LimitedPair.StartAsync(
            Version,
            SideKind.Cluster,
            SideKind.Server,
            rights,
            ["~*", "&*", "+@all"],
            FillOneDatabase
        );

        await TakeEachAsync(
            pair,
            pair.Source,
            rights.Except(NotWantedToFollowACluster, StringComparer.Ordinal),
            ByStream
        );
    }

    [Theory]
    [InlineData(SideKind.Cluster)]
    [InlineData(SideKind.Sentinel)]
    public async Task Follow_TargetThatFailsOverLacksOne_ItIsNamed(SideKind kind)
    {
        string[] rights =
        [
            .. DocumentedRights.Of("The target, by its source's stream", Version),
            .. DocumentedRights.Of("Into a cluster", Version),
        ];
        await using var pair = await LimitedPair.StartAsync(
            Version,
            SideKind.Server,
            kind,
            ["~*", "&*", "+@all"],
            rights,
            FillOneDatabase
        );
        string[] notWanted = ["+client|setname", .. kind == SideKind.Sentinel ? OfClustersAlone : []];

        await TakeEachAsync(pair, pair.Target, rights.Except(notWanted, StringComparer.Ordinal), ByStream);
    }

    private static async Task TakeEachAsync(
        LimitedPair pair,
        LimitedSide side,
        IEnumerable<string> rights,
        string[] options
    )
    {
        var faults = new List<string>();
        foreach (var right in rights.Where(right => right.StartsWith('+')).Distinct(StringComparer.Ordinal))
        {
            pair.Target.Empty();
            side.Change('-' + right[1..]);
            using var godwit = new GodwitProcess();

            var result = await godwit.RunAsync(["migrate", pair.Source.Uri, pair.Target.Uri, .. options, "--json"]);

            side.Change(right);
            // Of a whole category each command is named.
            var isNamed =
                result.Error.Contains(right, StringComparison.Ordinal)
                || (right == "+@write" && result.Error.Contains("+zadd", StringComparison.Ordinal));
            if (!isNamed)
                faults.Add($"{right} is not named\n{result.Everything}");
            var keys = pair.Target.Keys;
            var isDone = result.ExitCode == 0 && keys == pair.Source.Keys;
            if (!isDone && (result.ExitCode != 3 || keys > 0))
                faults.Add($"without {right} there are {keys} keys at the target\n{result.Everything}");
        }

        faults.Count.ShouldBe(0, string.Join("\n\n", faults));
    }

    private static void FillOneDatabase(LimitedSide side)
    {
        if (side.Cluster is { } cluster)
            DataSet.FillSmall(cluster);
        else
            DataSet.FillSmallFirstDatabase(side.Client);
    }
}
