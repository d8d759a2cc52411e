using System.Text;
using Godwit.Cli.Terminal;
using Godwit.Configuration;
using Godwit.Live;
using Godwit.Migration;

namespace Godwit.Cli.Output;

/// <summary>What a person reads when a migration has ended: the outcome, a short table, what next.</summary>
internal static class MigrationSummary
{
    private const int NameColumns = 18;
    private const int CountColumns = 15;

    // A shell may have made hundreds of one glob. The JSON object names all.
    private const int MostSources = 10;
    private const int MostEvents = 20;

    /// <summary>Of a run that began; ends with a line feed.</summary>
    /// <param name="report">How it ended.</param>
    /// <param name="ink">For the outcome.</param>
    /// <param name="resumeNote">What must be known to use the command that goes on; null for nothing.</param>
    public static string Of(MigrationReport report, Ink ink, string? resumeNote)
    {
        var text = new StringBuilder();
        text.Append(Headline(report, ink)).Append("\n\n");

        var seconds = report.Duration.TotalSeconds;
        Row(text, "keys read", report.Keys.Read, seconds > 0 ? Quantity.KeyRate(report.Keys.Read / seconds) : "");
        Row(text, "  written", report.Keys.Written);
        RowIfAny(text, "  skipped", report.Keys.Skipped, "the target had them already");
        RowIfAny(text, "  filtered", report.Keys.Filtered);
        RowIfAny(text, "  expired", report.Keys.Expired, "gone before they could be written");
        Row(text, "  failed", report.Keys.Failed, report.ErrorsFile is { } file ? $"named in {file}" : "");
        RowIfAny(text, "conflicts", report.Conflicts ?? 0, "more than one source or database has them");
        if (report.Live is { } live)
        {
            Row(text, "changes received", live.Received);
            Row(text, "  applied", live.Applied, Standing(live));
            RowIfAny(text, "  repaired", live.Repaired, "their keys were read anew");
            if (live.IsFenced == true)
                End(text, "marker key", "came out at the target, and is deleted at both ends");
        }

        RowIfAny(text, "function libraries", report.FunctionsWritten);
        Row(
            text,
            "bytes read",
            new ByteSize(report.BytesRead),
            seconds > 0 ? Quantity.ByteRate(report.BytesRead / seconds) : ""
        );
        Row(text, "bytes written", new ByteSize(report.BytesWritten));
        foreach (var (name, count) in report.Lost.OrderBy(lost => lost.Key, StringComparer.Ordinal))
            RowIfAny(text, $"lost: {name}", count);
        foreach (var source in report.Sources.Take(MostSources))
        {
            End(
                text,
                "source",
                source.Uri,
                source.Server,
                source.Read is null ? null : $"read by {source.Read}",
                report.Sources.Count > 1 ? Quantity.Keys(source.Keys.Read) : null
            );
        }

        if (report.Sources.Count > MostSources)
            End(text, "", $"and {Quantity.Count(report.Sources.Count - MostSources)} more");
        End(
            text,
            "target",
            report.Target.Uri,
            report.Target.Server,
            report.Target.Write is null ? null : $"written by {report.Target.Write}"
        );

        foreach (var happened in report.Events.Take(MostEvents))
            text.Append($"  {happened}\n");
        if (report.Events.Count > MostEvents)
            text.Append($"  and {Quantity.Count(report.Events.Count - MostEvents)} more, which the log tells\n");

        if (report.Keys.Failed > 0 && report.ErrorsFile is { } errorsFile)
            text.Append('\n').Append($"{errorsFile} says why each key failed.\n");
        if (report.ResumeCommand is { } resume)
        {
            var purpose = report.Status == MigrationStatus.Partial ? "To try those again:" : "To go on:";
            text.Append($"\n{purpose}\n  {resume}\n");
            if (resumeNote is not null)
                text.Append($"{resumeNote}\n");
        }

        return text.ToString();
    }

    private static string Headline(MigrationReport report, Ink ink)
    {
        var time = Quantity.Duration(report.Duration);
        return report.Status switch
        {
            MigrationStatus.Completed when report.Live is not null =>
                $"{ink.Green("Completed")} in {time}: all that the source had done is at the target.",
            MigrationStatus.Completed => $"{ink.Green("Completed")} in {time}: every key is accounted for.",
            MigrationStatus.Partial =>
                $"{ink.Yellow("Partial")}: {Quantity.Keys(report.Keys.Failed)} failed, all others are done, in {time}.",
            MigrationStatus.Interrupted when report.Live is { } live =>
                $"{ink.Yellow("Stopped")} after {time}: {(live.IsCaughtUp ? "it had caught up." : "it had not caught up.")}",
            MigrationStatus.Interrupted => $"{ink.Yellow("Interrupted")} after {time}.",
            _ => $"{ink.Red("Broke off")} after {time}.",
        };
    }

    private static string Standing(LiveCounts live) =>
        live.IsCaughtUp ? "all that the source had done"
        : live.LagBytes is { } bytes ? $"{new ByteSize(bytes)}, {Quantity.Duration(live.Lag)} behind"
        : "";

    private static void Row(StringBuilder text, string name, long count, string remark = "") =>
        Row(text, name, Quantity.Count(count), remark);

    private static void Row(StringBuilder text, string name, ByteSize size, string remark = "") =>
        Row(text, name, size.ToString(), remark);

    private static void RowIfAny(StringBuilder text, string name, long count, string remark = "")
    {
        if (count > 0)
            Row(text, name, count, remark);
    }

    private static void Row(StringBuilder text, string name, string value, string remark) =>
        text.Append($"  {name.PadRight(NameColumns)}{value.PadLeft(CountColumns)}   {remark}".TrimEnd()).Append('\n');

    private static void End(StringBuilder text, string name, string uri, params ReadOnlySpan<string?> about)
    {
        var remarks = string.Join(", ", about.ToArray().Where(part => part is not null));
        text.Append($"  {name.PadRight(NameColumns)}{uri}{(remarks.Length > 0 ? $" ({remarks})" : "")}\n");
    }
}
