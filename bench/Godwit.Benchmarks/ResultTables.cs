using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using BenchmarkDotNet.Reports;

namespace Godwit.Benchmarks;

/// <summary>The results of all classes as one page of Markdown.</summary>
internal static class ResultTables
{
    public static string ToMarkdown(IReadOnlyList<Summary> summaries, MeasuredOn origin)
    {
        var page = new StringBuilder();
        page.Append(
            CultureInfo.InvariantCulture,
            $"""
            # Micro benchmarks

            Made by `bench/micro` on {origin.Start:yyyy-MM-dd} from {origin.Revision}. A short job: where the error is not far below the
            mean, the machine was busy and the figure means little. Load average at the start: {origin.Load}.


            """
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
