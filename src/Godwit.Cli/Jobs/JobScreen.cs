using System.Globalization;
using System.Text;
using Godwit.Cli.Terminal;
using Godwit.Configuration;
using Godwit.Live.State;
using Godwit.Live.Status;

namespace Godwit.Cli.Jobs;

/// <summary>What a person reads about a live job.</summary>
internal static class JobScreen
{
    private const int NameColumns = 12;

    /// <summary>One job, with all that is known; ends with a line feed.</summary>
    public static string Of(JobStatus job, Ink ink, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(Headline(job, ink, now)).Append("\n\n");
        Row(text, "source", job.Source);
        Row(text, "target", job.Target);
        Row(text, "state", job.Directory);
        if (job is { Running: true, Process: { } process, Since: { } since })
            Row(text, "process", $"{process}, for {Quantity.Duration(now - since)}");
        if (job.Keys is { } keys && (keys.Read > 0 || keys.Expected > 0))
            Row(text, "keys", Keys(keys));
        if (job.Changes is { } changes)
        {
            var repaired = changes.Repaired > 0 ? $", {Quantity.Count(changes.Repaired)} repaired" : "";
            Row(
                text,
                "changes",
                $"{Quantity.Count(changes.Received)} received, {Quantity.Count(changes.Applied)} applied{repaired}"
            );
            if (job.Running)
            {
                Row(
                    text,
                    "rate",
                    $"{Rate(changes.ReceivedPerSecond)} received, {Rate(changes.AppliedPerSecond)} applied"
                );
                Row(text, "lag", Lag(changes));
            }
        }
        else if (job is { Running: false, Offset: { } offset and > 0 })
        {
            Row(
                text,
                "applied",
                $"up to offset {offset.ToString(CultureInfo.InvariantCulture)} of the source's history"
            );
        }

        if (job is { Running: true, Spool: { } spool, Link.Joins: > 0 })
        {
            Row(
                text,
                "spool",
                $"{new ByteSize(spool.WaitingBytes)} waiting; {new ByteSize(spool.MemoryBytes)} in memory, "
                    + $"{new ByteSize(spool.DiskBytes)} on disk of {new ByteSize(spool.MaxDiskBytes)}"
            );
            if (spool.HeldBack is { } reason)
                Row(text, "held back", ink.Yellow(reason));
        }

        if (job is { Running: true, Expiries: { } expiries, Link.Joins: > 0 })
            Row(text, "expiries", Expiries(expiries));
        if (job is { Running: true, Link: { } link })
            Row(text, "stream", Link(link));
        foreach (var server in job is { Running: true, Servers: { Count: > 1 } servers } ? servers : [])
        {
            Row(
                text,
                "",
                $"{server.Uri} at offset {server.Offset.ToString(CultureInfo.InvariantCulture)}, "
                    + (server.LagBytes is { } lag ? $"{new ByteSize(lag)} behind" : "does not say how far it is")
            );
        }

        if (job.LastError is { } error)
            Row(text, "last error", $"{Ago(now - error.At)}: {error.Message}");
        if (job is { Running: false, ResumeCommand: { } resume })
            text.Append($"\nTo go on:\n  {resume}\n");
        return text.ToString();
    }

    /// <summary>Several jobs, a few lines each.</summary>
    public static string Of(IReadOnlyList<JobStatus> jobs, Ink ink, DateTimeOffset now)
    {
        var text = new StringBuilder();
        foreach (var job in jobs)
        {
            text.Append($"{job.Directory}\n");
            text.Append($"  {job.Source} to {job.Target}\n");
            text.Append($"  {Headline(job, ink, now)}\n\n");
        }

        return text.Append("'godwit status --state DIR' says more of one.\n").ToString();
    }

    private static string Headline(JobStatus job, Ink ink, DateTimeOffset now)
    {
        var seen = job.LastSeen is { } time ? $" {Ago(now - time)}" : "";
        return (job.Running, job.Phase) switch
        {
            (true, _) => $"{ink.Green(Capital(job.Phase))}{Standing(job)}.",
            (_, "done") => $"{ink.Green("Done")}{Standing(job)}.",
            (_, JobState.Stopped) when job.ResumeCommand is null =>
                $"{ink.Yellow("Stopped")} in order{seen}, before anything was written.",
            (_, JobState.Stopped) => $"{ink.Yellow("Stopped")} in order{seen}; it can go on.",
            (_, JobState.Failed) => $"{ink.Red("Broke off")}{seen}; it can go on.",
            _ => $"{ink.Red("Killed")}: it does not run, and did not end in order. {LastSeen(job, now)}".TrimEnd(),
        };
    }

    private static string LastSeen(JobStatus job, DateTimeOffset now) =>
        job.LastSeen is { } time ? $"Last seen {Ago(now - time)}." : "";

    private static string Standing(JobStatus job) =>
        job switch
        {
            { Changes: { CaughtUp: true } } when job.Phase is not "copying" => ": caught up",
            { Phase: "following", Changes: { LagBytes: not null } changes } => $": {Lag(changes)} behind",
            { Phase: "following", Changes: not null } => ": how far it is behind is not known",
            _ => "",
        };

    private static string Keys(KeyStatus keys)
    {
        var of = keys.Expected is { } expected && expected > keys.Read ? $" of about {Quantity.Count(expected)}" : "";
        var text = $"{Quantity.Count(keys.Read)}{of} read, {Quantity.Count(keys.Written)} written";
        foreach (
            var (count, name) in ((long, string)[])
                [
                    (keys.Skipped, "skipped"),
                    (keys.Filtered, "filtered"),
                    (keys.Expired, "expired"),
                    (keys.Failed, "failed"),
                ]
        )
        {
            if (count > 0)
                text += $", {Quantity.Count(count)} {name}";
        }

        return text;
    }

    private static string Rate(double perSecond) => $"{Quantity.Count((long)Math.Round(perSecond))}/s";

    private static string Lag(ChangeStatus changes)
    {
        var time = Quantity.Duration(TimeSpan.FromMilliseconds(changes.LagMilliseconds));
        return changes switch
        {
            { CaughtUp: true } => "none",
            { LagBytes: { } bytes } => $"{new ByteSize(bytes)} and {time}",
            _ => $"{time}; the source does not say how many bytes",
        };
    }

    private static string Expiries(ExpiryStatus expiries)
    {
        var holding =
            expiries.Holding == "all"
                ? "all are held back until it has caught up"
                : "those that are due soon are held back";
        return $"{holding}; {Quantity.Count(expiries.HeldBack)} were so far, {Quantity.Count(expiries.Set)} set since";
    }

    private static string Link(LinkReport link)
    {
        var joins = link.Joins == 1 ? "joined once" : $"joined {Quantity.Count(link.Joins)} times";
        return $"{link.Phase}, {joins}";
    }

    private static string Ago(TimeSpan time) => $"{Quantity.Duration(time < TimeSpan.Zero ? TimeSpan.Zero : time)} ago";

    private static string Capital(string phase) => char.ToUpperInvariant(phase[0]) + phase[1..];

    private static void Row(StringBuilder text, string name, string value) =>
        text.Append($"  {name.PadRight(NameColumns)}{value}\n");
}
