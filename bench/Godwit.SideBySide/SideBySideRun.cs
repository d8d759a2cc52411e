using Godwit.SideBySide.Contenders;
using Godwit.SideBySide.Data;
using Godwit.SideBySide.Following;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Report;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide;

/// <summary>All that one call of <c>bench/run</c> does.</summary>
internal sealed class SideBySideRun(RunOptions options, TimeProvider clock, TextWriter log)
{
    private static readonly long[] CurveKeys = [100_000, 1_000_000, 10_000_000];

    private static readonly GodwitIntoServer GodwitSync = new(ContenderNames.GodwitSync, "sync");
    private static readonly GodwitIntoServer GodwitFile = new(ContenderNames.GodwitFile, read: null);

    private static readonly Replication Replication = new();
    private static readonly CliPipe CliPipe = new();

    private static readonly IReadOnlyList<IContender> All =
    [
        Replication,
        CliPipe,
        new ServerLoad(),
        GodwitSync,
        GodwitFile,
        new GodwitIntoServer(ContenderNames.GodwitScan, "scan"),
        new GodwitToJson(),
        new GodwitVerify(),
    ];

    /// <summary>Measures, and writes the results.</summary>
    /// <exception cref="BenchException">Something is missing, or nothing was chosen.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var machine = Machine.Find();
        var started = clock.GetLocalNow();
        var program = ServerProgram.Find(options.Server);
        if (!File.Exists(options.Godwit))
            throw new BenchException($"There is no {options.Godwit}. bench/run builds it.");
        if (Chosen(All).Count == 0 && !FollowersChosen().Any())
            throw new BenchException($"No contender's name contains {options.Only}. There are: {Names()}.");
        using var directories = new WorkDirectories(options.Keep);
        var contest = new Contest(program, options.Godwit, options.Runs, directories, Say);
        var version = await VersionAsync(program, directories, cancellationToken);

        var results = new List<ContestResult>();
        foreach (var data in DataSets())
            results.Add(await contest.RunAsync(data, Chosen(For(data)), cancellationToken));
        var curve = new List<ContestResult>();
        foreach (var data in Curve())
            curve.Add(
                await contest.RunAsync(data, Chosen([Replication, GodwitSync, CliPipe, GodwitFile]), cancellationToken)
            );

        var follow = new List<FollowResult>();
        var followContest = new FollowContest(program, options.Godwit, options.Scale, options.Runs, directories, Say);
        foreach (var load in Loads())
            follow.Add(await followContest.RunAsync(load, FollowersChosen(), cancellationToken));

        var page = new ResultsPage(options, machine, version, started, results, curve, follow);
        var file = options.ResultsFile;
        await File.WriteAllTextAsync(file, page.ToMarkdown(), cancellationToken);
        Say($"the results are in {file}");
    }

    private static async Task<string> VersionAsync(
        ServerProgram program,
        WorkDirectories directories,
        CancellationToken cancellationToken
    )
    {
        await using var server = await Server.StartAsync(program, rdbFile: null, directories, cancellationToken);
        return (await server.InfoAsync("server", cancellationToken)).Version;
    }

    private IEnumerable<DataSet> DataSets()
    {
        foreach (var name in options.Data)
        {
            switch (name)
            {
                case DataNames.Small:
                    yield return new SmallData(Scaled(3_000_000));
                    break;
                case DataNames.Mixed:
                    yield return new MixedData(Scaled(1_000_000));
                    break;
                case DataNames.Large:
                    yield return new LargeData(options.Scale);
                    break;
            }
        }
    }

    private IEnumerable<DataSet> Curve() =>
        options.Data.Contains(DataNames.Curve, StringComparer.Ordinal)
            ? CurveKeys.Select(keys => new SmallData(Scaled(keys)))
            : [];

    private IEnumerable<ChangeLoad> Loads() =>
        options.Data.Contains(DataNames.Follow, StringComparer.Ordinal) ? [new SetLoad(), new MixedLoad()] : [];

    // Two servers that hold the large data at once are more than the machine is asked to have room for.
    private static IReadOnlyList<IContender> For(DataSet data) =>
        data is LargeData ? [.. All.Where(contender => contender is not GodwitVerify)] : All;

    private long Scaled(long keys) => (long)Math.Max(1, Math.Round(keys * options.Scale));

    private IReadOnlyList<IContender> Chosen(IReadOnlyList<IContender> contenders) =>
        [.. contenders.Where(contender => IsChosen(contender.Name))];

    private IEnumerable<string> FollowersChosen() => FollowContest.Followers.Where(IsChosen);

    private bool IsChosen(string name) =>
        options.Only is not { } only || name.Contains(only, StringComparison.OrdinalIgnoreCase);

    private static string Names() =>
        string.Join(
            ", ",
            All.Select(contender => contender.Name).Concat(FollowContest.Followers).Distinct(StringComparer.Ordinal)
        );

    private void Say(string text)
    {
        log.WriteLine($"{clock.GetLocalNow():HH:mm:ss} {text}");
        log.Flush();
    }
}
