using System.Text;
using Godwit.SideBySide.Contenders;
using Godwit.SideBySide.Following;
using Godwit.SideBySide.Measuring;

namespace Godwit.SideBySide.Report;

/// <summary>The results as a page of Markdown.</summary>
internal sealed class ResultsPage(
    RunOptions options,
    Machine machine,
    string serverVersion,
    DateTimeOffset started,
    IReadOnlyList<ContestResult> results,
    IReadOnlyList<ContestResult> curve,
    IReadOnlyList<FollowResult> follow
)
{
    private readonly StringBuilder _page = new();

    public string ToMarkdown()
    {
        _page.Clear();
        Head();
        Limits();
        foreach (var result in results)
            Contest(result);
        if (curve.Count > 0)
            Curve();
        if (follow.Count > 0)
            _page.Append(FollowSection.Of(follow));
        if (File.Exists(Repository.Notes))
            _page.Append('\n').Append(File.ReadAllText(Repository.Notes).TrimEnd()).Append('\n');
        return _page.ToString();
    }

    private void Head()
    {
        Line("# Side by side");
        Line();
        Line("Made by `bench/run`; edit `bench/NOTES.md` instead, which is put at the end.");
        Line();
        Line("| | |");
        Line("| --- | --- |");
        Line($"| date | {started:yyyy-MM-dd HH:mm zzz} |");
        if (options.Revision is { } revision)
            Line($"| revision | {revision} |");
        Line($"| processor | {machine.Processor}, {machine.Cores} cores, {Text.Megabytes(machine.Memory)} of memory |");
        Line($"| kernel | {machine.Kernel}; load average at the start {machine.Load:f2} |");
        Line($"| .NET | {machine.Runtime} |");
        Line($"| source, target and reference | {serverVersion} on loopback, without persistence |");
        Line(
            $"| runs | {options.Runs} of each contender, by turns; medians, and the most of all runs for memory and PING |"
        );
        if (options.Scale != 1)
            Line($"| scale | **{options.Scale}** of the full size |");
        Line();
        Line(
            "Source, program and target share the cores. Times are of the whole process from its start to its end; only "
                + $"\"{ContenderNames.ServerLoad}\" is what the server's log says. `{ContenderNames.Replication}` ends when the link is "
                + "up and every key is there, looked at every 10 ms. Processor time is user and system; that of the source "
                + "includes the child that writes its snapshot. Memory is the peak of resident memory. Every target starts "
                + "empty, and a run counts only if it holds every key at the end."
        );
    }

    private void Limits()
    {
        Line();
        Line("## Against the limits");
        Line();
        Line("| figure | measured | limit | |");
        Line("| --- | ---: | ---: | --- |");
        foreach (var limit in Limit.Of(results, curve, follow))
        {
            var measured = limit.Measured is { } value ? limit.Format(value) : "–";
            Line($"| {limit.Figure} | {measured} | {limit.Bound} | {limit.Verdict} |");
        }
    }

    private void Contest(ContestResult result)
    {
        var reference = result.Find(ContenderNames.Replication)?.MedianWall;
        Line();
        Line($"## {result.Data.Name}");
        Line();
        Line($"{result.Data.Description}. The RDB file has {Text.Megabytes(result.FileSize)}.");
        Line();
        Line(
            $"| | seconds | least–most | × {ContenderNames.Replication} | own CPU s | own memory | source CPU s | source memory "
                + "| target CPU s | target memory | worst PING |"
        );
        Line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var series in result.Series.Where(series => series.Counts))
            Line($"| {series.Contender} | {Row(series, reference)} |");
        foreach (var series in result.Series.Where(series => series.Failure is not null))
        {
            Line();
            Line($"{series.Contender} does not count: {series.Failure}.");
        }
    }

    private static string Row(Series series, TimeSpan? reference) =>
        string.Join(
            " | ",
            Text.Seconds(series.MedianWall),
            $"{Text.Seconds(series.Runs.Min(run => run.Wall))}–{Text.Seconds(series.Runs.Max(run => run.Wall))}",
            Text.RatioOrNone(series.MedianWall / reference),
            Text.Seconds(series.Median(run => run.Own?.Cpu)),
            Text.MegabytesOrNone(series.Max(run => run.Own?.PeakMemory)),
            Text.Seconds(series.Median(run => run.Source?.Cpu)),
            Text.MegabytesOrNone(series.Max(run => run.Source?.PeakMemory)),
            Text.Seconds(series.Median(run => run.Target?.Cpu)),
            Text.MegabytesOrNone(series.Max(run => run.Target?.PeakMemory)),
            Text.MillisecondsOrNone(series.Max(run => run.WorstPing))
        );

    private void Curve()
    {
        Line();
        Line("## The curve");
        Line();
        Line(
            "The strings of `small`, each time ten times as many. How the servers' own ways grow shows what of it is the servers'."
        );
        Line();
        Line("| | keys | seconds | × the line before | keys a second | own CPU s | own memory | target CPU s |");
        Line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (
            var name in curve
                .SelectMany(point => point.Series)
                .Select(series => series.Contender)
                .Distinct(StringComparer.Ordinal)
        )
        {
            TimeSpan? before = null;
            foreach (var point in curve)
            {
                if (point.Find(name) is not { } series)
                    continue;
                var rate = (long)(point.Keys / series.MedianWall.TotalSeconds);
                Line(
                    $"| {name} | {Text.Grouped(point.Keys)} | {Text.Seconds(series.MedianWall)} "
                        + $"| {Text.RatioOrNone(series.MedianWall / before)} | {Text.Grouped(rate)} "
                        + $"| {Text.Seconds(series.Median(run => run.Own?.Cpu))} "
                        + $"| {Text.MegabytesOrNone(series.Max(run => run.Own?.PeakMemory))} "
                        + $"| {Text.Seconds(series.Median(run => run.Target?.Cpu))} |"
                );
                before = series.MedianWall;
            }
        }

        foreach (var (point, series) in curve.SelectMany(point => point.Series.Select(series => (point, series))))
        {
            if (series.Failure is null)
                continue;
            Line();
            Line($"{series.Contender} with {Text.Grouped(point.Keys)} keys does not count: {series.Failure}.");
        }
    }

    private void Line() => _page.Append('\n');

    private void Line(string text) => _page.Append(text).Append('\n');
}
