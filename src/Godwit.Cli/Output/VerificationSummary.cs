using System.Globalization;
using System.Text;
using Godwit.Cli.Terminal;
using Godwit.Migration;
using Godwit.Verification;

namespace Godwit.Cli.Output;

/// <summary>What a person reads when a comparison has ended: the verdict, a short table, the first differences.</summary>
internal static class VerificationSummary
{
    private const int NameColumns = 18;
    private const int CountColumns = 15;

    // A shell may have made hundreds of one glob. The JSON object names all.
    private const int MostSources = 10;

    /// <summary>Of a run that began; ends with a line feed.</summary>
    public static string Of(VerificationReport report, Ink ink)
    {
        var text = new StringBuilder();
        text.Append(Headline(report, ink)).Append("\n\n");

        var keys = report.Keys;
        var seconds = report.Duration.TotalSeconds;
        Row(text, "keys compared", keys.Compared, seconds > 0 ? Quantity.KeyRate(keys.Compared / seconds) : "");
        Row(text, "  equal", keys.Equal);
        RowIfAny(text, "  missing", keys.Missing, "the target lacks them");
        RowIfAny(text, "  type", keys.Type, "of another type at the target");
        RowIfAny(text, "  value", keys.Value, "of another value at the target");
        RowIfAny(text, "  ttl", keys.Ttl, "they, or fields of theirs, expire at another time");
        RowIfAny(text, "  moving", keys.Moving, "differed in another way each time: still on their way");
        RowIfAny(text, "  unknown", keys.Unknown, "whether they differ cannot be told");
        RowIfAny(text, "extra", keys.Extra, "only the target has them");
        RowIfAny(text, "repaired", keys.Repaired, "equal now");
        RowIfAny(text, "function libraries", report.Functions.Compared, "compared");
        RowIfAny(text, "  different", report.Functions.Different);
        RowIfAny(text, "  repaired", report.Functions.Repaired, "equal now");
        if (report.MostDifferent is { } most)
            text.Append($"  {"sample".PadRight(NameColumns)}{Sample(report.SamplePercent, most)}\n");
        foreach (var source in report.Sources.Take(MostSources))
            End(text, "source", source);
        if (report.Sources.Count > MostSources)
            text.Append($"  {"".PadRight(NameColumns)}and {Quantity.Count(report.Sources.Count - MostSources)} more\n");
        End(text, "target", report.Target);

        if (report.Examples.Count > 0)
        {
            text.Append(report.ReportFile is null ? "\nThe first differences:\n" : "\nThe first of the report:\n");
            foreach (var example in report.Examples)
                text.Append($"  {example}\n");
            text.Append(
                report.ReportFile is { } file ? $"{file} names all of them.\n" : "--report FILE names all of them.\n"
            );
        }

        return text.ToString();
    }

    /// <summary>What it came to, in one sentence.</summary>
    public static string Verdict(VerificationReport report)
    {
        var left = report.Keys.Different - report.Keys.Repaired;
        var libraries = report.Functions.Different - report.Functions.Repaired;
        return report.Status switch
        {
            VerificationStatus.Different when left == 0 =>
                $"{Quantity.Count(libraries)} function {(libraries == 1 ? "library differs" : "libraries differ")}.",
            VerificationStatus.Different => $"{Quantity.Keys(left)} {(left == 1 ? "differs" : "differ")}.",
            VerificationStatus.CannotTell when report.Keys.Unknown == 0 =>
                $"{Quantity.Keys(report.Keys.Moving)} may be on their way still; all others are equal.",
            VerificationStatus.CannotTell =>
                $"Of {Quantity.Keys(report.Keys.Unknown)} it cannot be told; all others are equal.",
            _ => "",
        };
    }

    private static string Headline(VerificationReport report, Ink ink)
    {
        var time = Quantity.Duration(report.Duration);
        var keys = report.Keys;
        var whole = report.SamplePercent < 100 ? "in the sample " : "";
        return report.Status switch
        {
            VerificationStatus.Equal when keys.Repaired > 0 =>
                $"{ink.Green("Equal")} after the repair of {Quantity.Keys(keys.Repaired)}, in {time}.",
            VerificationStatus.Equal when keys.Moving > 0 =>
                $"{ink.Green("Equal")}, but {Quantity.Keys(keys.Moving)} kept changing and could not be held against each other, in {time}.",
            VerificationStatus.Equal => $"{ink.Green("Equal")} in {time}: nothing {whole}differs.",
            VerificationStatus.Different => $"{ink.Red("Different")}, in {time}: {Verdict(report)}",
            VerificationStatus.CannotTell => $"{ink.Yellow("Cannot tell")}, in {time}: {Verdict(report)}",
            VerificationStatus.Interrupted =>
                $"{ink.Yellow("Interrupted")} after {time}: what follows was found so far.",
            _ => $"{ink.Red("Broke off")} after {time}: what follows was found so far.",
        };
    }

    private static string Sample(double percent, double most)
    {
        var perMillion = Math.Max(1, Math.Ceiling(most * 1_000_000));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{percent}% of the keys: at most {perMillion:N0} in a million differ, 99 %"
        );
    }

    private static void Row(StringBuilder text, string name, long count, string remark = "") =>
        text.Append($"  {name.PadRight(NameColumns)}{Quantity.Count(count).PadLeft(CountColumns)}   {remark}".TrimEnd())
            .Append('\n');

    private static void RowIfAny(StringBuilder text, string name, long count, string remark = "")
    {
        if (count > 0)
            Row(text, name, count, remark);
    }

    private static void End(StringBuilder text, string name, SourceReport end) =>
        text.Append($"  {name.PadRight(NameColumns)}{end.Uri}{(end.Server is { } server ? $" ({server})" : "")}\n");
}
