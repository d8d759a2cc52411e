using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using BenchmarkDotNet.Reports;

namespace Godwit.Benchmarks;

/// <summary>The results of all classes as one page of Markdown.</summary>
internal static class ResultTables
{
    public static string ToMarkdown(IReadOnlyList<Summary> summaries, TimeProvider clock)
    {
        var page = new StringBuilder();
        page.Append(
            CultureInfo.InvariantCulture,
            $"# Micro benchmarks\n\nMade by `bench/micro` on {clock.GetLocalNow():yyyy-MM-dd}; a short job, so small differences mean nothing.\n\n"
        );
        page.Append("```\n").AppendJoin('\n', summaries[0].HostEnvironmentInfo.ToFormattedString());
        page.Append(CultureInfo.InvariantCulture, $"\nRuntime {RuntimeInformation.FrameworkDescription}\n```\n");
        foreach (var summary in summaries.OrderBy(NameOf, StringComparer.Ordinal))
            Append(page, summary);
        return page.ToString();
    }

    private static void Append(StringBuilder page, Summary summary)
    {
        var columns = summary.Table.Columns.Where(column => column.NeedToShow).ToArray();
        page.Append(CultureInfo.InvariantCulture, $"\n## {NameOf(summary)}\n\n| ");
        page.AppendJoin(" | ", columns.Select(column => column.Header)).Append(" |\n| ");
        page.AppendJoin(
                " | ",
                columns.Select(column =>
                    column.Justify == SummaryTable.SummaryTableColumn.TextJustification.Right ? "---:" : "---"
                )
            )
            .Append(" |\n");
        foreach (var row in summary.Table.FullContent)
            page.Append("| ").AppendJoin(" | ", columns.Select(column => row[column.Index])).Append(" |\n");
    }

    private static string NameOf(Summary summary) => summary.BenchmarksCases[0].Descriptor.Type.Name;
}
