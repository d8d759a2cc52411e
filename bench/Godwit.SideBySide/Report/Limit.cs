using System.Globalization;
using Godwit.SideBySide.Contenders;
using Godwit.SideBySide.Following;
using Godwit.SideBySide.Measuring;

namespace Godwit.SideBySide.Report;

/// <summary>How a figure compares with what is asked of the program.</summary>
/// <param name="Figure">What was measured.</param>
/// <param name="Measured">The figure; null if it was not measured, or did not count.</param>
/// <param name="Most">The greatest that is allowed.</param>
/// <param name="Format">How to write both.</param>
internal sealed record Limit(string Figure, double? Measured, double Most, Func<double, string> Format)
{
    /// <summary>It is the least that is allowed instead.</summary>
    public bool IsLeast { get; init; }

    /// <summary>What is allowed.</summary>
    public string Bound => (IsLeast ? "≥ " : "≤ ") + Format(Most);

    private static readonly string[] GodwitIntoServer =
    [
        ContenderNames.GodwitSync,
        ContenderNames.GodwitFile,
        ContenderNames.GodwitScan,
    ];

    private static readonly string[] Godwit = [.. GodwitIntoServer, ContenderNames.GodwitJson];

    /// <summary>Whether it is kept, and, where not, by how much it is missed.</summary>
    public string Verdict =>
        Measured switch
        {
            null => "not measured",
            var measured when (IsLeast ? measured >= Most : measured <= Most) => "met",
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"**missed** by {Math.Abs((Measured.Value / Most) - 1):p0}"
            ),
        };

    /// <summary>All limits that concern what was run.</summary>
    public static IEnumerable<Limit> Of(
        IReadOnlyList<ContestResult> results,
        IReadOnlyList<ContestResult> curve,
        IReadOnlyList<FollowResult> follow
    ) => results.SelectMany(OfContest).Concat(OfCurve(curve)).Concat(follow.SelectMany(OfFollowing));

    private static IEnumerable<Limit> OfFollowing(FollowResult result)
    {
        const string name = ContenderNames.GodwitLive;
        var (own, native) = (result.Find(name), result.Find(ContenderNames.Replication));
        var title = $"follow {result.Load.Name}: {name}";
        yield return new Limit(
            $"{title} / {ContenderNames.Replication}, steady rate",
            own?.Rate / native?.Rate,
            result.Load.Goal,
            Text.Ratio
        )
        {
            IsLeast = true,
        };
        yield return new Limit(
            $"{title}, 99th percentile of lag at half that rate",
            own?.Lag(0.99).TotalMilliseconds,
            20,
            Text.Milliseconds
        );
        yield return new Limit(
            $"{title} / {ContenderNames.Replication}, what the source takes meanwhile",
            own?.SourceRate / native?.SourceRate,
            1,
            Text.Ratio
        )
        {
            IsLeast = true,
        };
    }

    private static IEnumerable<Limit> OfContest(ContestResult result)
    {
        if (result.Data.Name == DataNames.Large)
        {
            foreach (var name in Godwit)
                yield return Memory(result, name, 320_000_000);
            foreach (var name in GodwitIntoServer)
                yield return Ping(result, name, TimeSpan.FromMilliseconds(250));
            yield break;
        }

        yield return Ratio(result, ContenderNames.GodwitSync, ContenderNames.Replication, 1.0);
        yield return Ratio(result, ContenderNames.GodwitFile, ContenderNames.CliPipe, 1.15);
        yield return Ratio(result, ContenderNames.GodwitScan, ContenderNames.Replication, 2.0);
        yield return Ratio(result, ContenderNames.GodwitJson, ContenderNames.ServerLoad, 1.0);
        foreach (var name in Godwit)
            yield return Memory(result, name, 160_000_000);
        if (result.Data.Name == DataNames.Small)
            yield return Verify(result);
    }

    // Five times the rate of RedisFullCheck, which compared 110,000 keys in 4.7 s on a machine of this kind.
    private static Limit Verify(ContestResult result) =>
        new(
            $"{result.Data.Name}: {ContenderNames.GodwitVerify}, seconds",
            result.Find(ContenderNames.GodwitVerify)?.MedianWall.TotalSeconds,
            result.Keys / (5 * 110_000 / 4.7),
            seconds => seconds.ToString("f2", CultureInfo.InvariantCulture)
        );

    // Each size is ten times the one before.
    private static IEnumerable<Limit> OfCurve(IReadOnlyList<ContestResult> curve) =>
        from pair in curve.Zip(curve.Skip(1))
        from name in (string[])[ContenderNames.GodwitSync, ContenderNames.GodwitFile]
        let less = pair.First.Find(name)?.MedianWall
        let more = pair.Second.Find(name)?.MedianWall
        select new Limit(
            $"curve: {name}, {Text.Grouped(pair.Second.Keys)} keys / {Text.Grouped(pair.First.Keys)} keys",
            more / less,
            10.5,
            Text.Ratio
        );

    private static Limit Ratio(ContestResult result, string contender, string reference, double most) =>
        new(
            $"{result.Data.Name}: {contender} / {reference}, wall time",
            result.Find(contender)?.MedianWall / result.Find(reference)?.MedianWall,
            most,
            Text.Ratio
        );

    private static Limit Memory(ContestResult result, string contender, double most) =>
        new(
            $"{result.Data.Name}: {contender}, peak memory",
            result.Find(contender)?.Max(run => run.Own?.PeakMemory),
            most,
            Text.Megabytes
        );

    private static Limit Ping(ContestResult result, string contender, TimeSpan most) =>
        new(
            $"{result.Data.Name}: {contender}, worst PING at the target",
            result.Find(contender)?.Max(run => run.WorstPing)?.TotalMilliseconds,
            most.TotalMilliseconds,
            Text.Milliseconds
        );
}
