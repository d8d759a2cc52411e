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

    [Theory]
    [InlineData("As a replica", "--read", "sync")]
    [InlineData("By SCAN", "--read", "scan")]
    [InlineData("The source, by its stream", "--live", "--until", "caught-up", "--follow", "sync")]
    [InlineData("The source, by the names", "--live", "--until", "caught-up", "--follow", "tracking")]
    public async Task Migrate_SourceUserLacksOne_ItIsNamed(string heading, params string[] options)
    {
        var rights = DocumentedRights.Of(heading, Version);
        await using var pair = await LimitedPair.StartAsync(Version, rights, ["~*", "&*", "+@all"], Fill);

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
        await using var pair = await LimitedPair.StartAsync(Version, ["~*", "&*", "+@all"], all, Fill);

        await TakeEachAsync(pair, pair.Target, rights.Where(right => right != "+client|setname"), options);
    }

    private static async Task TakeEachAsync(
        LimitedPair pair,
        RespClient server,
        IEnumerable<string> rights,
        string[] options
    )
    {
        var faults = new List<string>();
        foreach (var right in rights.Where(right => right.StartsWith('+')))
        {
            pair.EmptyTarget();
            LimitedPair.Change(server, '-' + right[1..]);
            using var godwit = new GodwitProcess();

            var result = await godwit.RunAsync(["migrate", pair.SourceUri, pair.TargetUri, .. options, "--json"]);

            LimitedPair.Change(server, right);
            // Of a whole category each command is named.
            var isNamed =
                result.Error.Contains(right, StringComparison.Ordinal)
                || (right == "+@write" && result.Error.Contains("+zadd", StringComparison.Ordinal));
            if (!isNamed)
                faults.Add($"{right} is not named\n{result.Everything}");
            var isDone = result.ExitCode == 0 && pair.TargetKeys == TargetServer.CountKeys(pair.Source);
            if (!isDone && (result.ExitCode != 3 || pair.TargetKeys > 0))
                faults.Add($"without {right} there are {pair.TargetKeys} keys at the target\n{result.Everything}");
        }

        faults.Count.ShouldBe(0, string.Join("\n\n", faults));
    }

    private static void Fill(RespClient client) => DataSet.FillSmall(client);
}
