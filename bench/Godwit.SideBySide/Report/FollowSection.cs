using System.Globalization;
using System.Text;
using Godwit.SideBySide.Contenders;
using Godwit.SideBySide.Following;

namespace Godwit.SideBySide.Report;

/// <summary>The part of the results that tells how changes are followed.</summary>
internal static class FollowSection
{
    /// <summary>Lines of Markdown.</summary>
    public static string Of(IReadOnlyList<FollowResult> results)
    {
        var page = new StringBuilder();
        page.Append(
            """

            ## Following changes

            A client writes to the source, at a rate that is steady; the target follows as the source's replica, or by `godwit migrate --live`.
            A rate is followed if no write needs a second to the target, and after three seconds it is less than 0.15 s behind.
            Lags and processor time are measured at half of that rate. The rate of the source alone is that of a client which waits for
            nothing, while it is followed.

            """
        );
        foreach (var result in results)
            Add(page, result);
        return page.ToString();
    }

    private static void Add(StringBuilder page, FollowResult result)
    {
        var reference = result.Find(ContenderNames.Replication)?.Rate;
        page.Append(
            CultureInfo.InvariantCulture,
            $"""

            {result.Load.Description}:

            | {result.Load.Name} | follows, commands/s | × {ContenderNames.Replication} | lag, median | lag, 99 % | lag, worst | source takes, commands/s | own CPU, µs a command | source | target | own memory |
            | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |

            """
        );
        foreach (var figures in result.Figures)
        {
            var cells = string.Join(
                " | ",
                figures.Follower,
                Text.Grouped((long)figures.Rate),
                Text.RatioOrNone(figures.Rate / reference),
                Text.FineMilliseconds(figures.Lag(0.5)),
                Text.FineMilliseconds(figures.Lag(0.99)),
                Text.FineMilliseconds(figures.Lags[^1]),
                Text.Grouped((long)figures.SourceRate),
                Text.MicrosecondsOrNone(figures.OwnCpu),
                Text.MicrosecondsOrNone(figures.SourceCpu),
                Text.MicrosecondsOrNone(figures.TargetCpu),
                Text.MegabytesOrNone(figures.OwnMemory)
            );
            page.Append(CultureInfo.InvariantCulture, $"| {cells} |\n");
        }

        foreach (var failure in result.Failures)
            page.Append(CultureInfo.InvariantCulture, $"\n{failure}.\n");
    }
}
