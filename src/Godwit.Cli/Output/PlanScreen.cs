using System.Text;
using Godwit.Cli.Terminal;
using Godwit.Configuration;
using Godwit.Json;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Planning;
using Godwit.Planning.Replication;

namespace Godwit.Cli.Output;

/// <summary>What a person reads of a plan: the outcome, both ends, the largest keys, every finding, the time.</summary>
/// <param name="report">What was found.</param>
/// <param name="ink">For a few words.</param>
/// <param name="columns">How wide the text may be.</param>
internal sealed class PlanScreen(PlanReport report, Ink ink, int columns)
{
    private const int NameColumns = 12;
    private const int SeverityColumns = 9;
    private const int CheckColumns = 16;
    private const int NarrowestText = 30;

    private readonly StringBuilder _text = new();

    /// <summary>All of it; ends with a line feed.</summary>
    public override string ToString()
    {
        _text.Clear();
        _text.Append(Headline()).Append('\n');
        foreach (var source in report.Sources)
            WriteSource(source);
        if (report.Sources.Count > 1)
            WriteSum();
        WriteTarget();
        WriteBiggestKeys();
        WriteFindings();
        WriteEstimate();
        return _text.ToString();
    }

    private string Headline()
    {
        var (stops, warnings) = (report.Count(Severity.Stop), report.Count(Severity.Warning));
        var words = warnings == 1 ? "1 warning" : $"{warnings} warnings";
        return report.Worst switch
        {
            Severity.Ok => $"{ink.Green("Nothing stands in the way")} of this migration. Nothing was changed.",
            Severity.Warning => $"{ink.Yellow("It can go ahead")}, with {words} to look at. Nothing was changed.",
            _ =>
                $"{ink.Red("It would be refused")}: {(stops == 1 ? "1 stop" : $"{stops} stops")}, {words}. Nothing was changed.",
        };
    }

    private void WriteSource(SourcePlan source)
    {
        WriteEnd("Source", source.End);
        Row("read by", source.ReadBy ?? "nothing: see below");
        foreach (var way in source.Reading)
            WriteWay("", way);
        var isFirst = true;
        foreach (var way in source.Following)
        {
            WriteWay(isFirst ? "follow by" : "", way);
            isFirst = false;
        }

        if (source.Replication is { } facts)
            WriteReplication(facts);
        if (source.Sample is { } sample)
        {
            var types = sample
                .Keys.CountBy(key => key.Type, StringComparer.Ordinal)
                .OrderByDescending(type => type.Value)
                .Select(type => $"{type.Key} {Quantity.Count(type.Value)}");
            Row(
                "sampled",
                $"{Quantity.Keys(sample.Keys.Count)}{(sample.Keys.Count > 0 ? ": " : "")}{string.Join(", ", types)}"
            );
            if (sample.Obstacle is not null)
                Row("", sample.Obstacle);
        }
    }

    private void WriteTarget()
    {
        WriteEnd("Target", report.Target.End);
        Row("written by", report.Target.WriteBy ?? "nothing: see below");
    }

    private void WriteEnd(string side, EndPlan end)
    {
        _text.Append('\n').Append(ink.Bold($"{side} {end.Uri}")).Append('\n');
        var kind = new[] { end.Server, end.Topology == "unknown" ? null : end.Topology, end.Role };
        var known = kind.Where(part => part is not null).ToArray();
        Row("server", known.Length > 0 ? string.Join(", ", known) : "not known");
        if (end.Topology == "files")
        {
            Row("files", end.DataBytes is { } length ? $"{new ByteSize(length)}" : "cannot be read");
            return;
        }

        if (end.Keys is { } keys)
            Row("keys", Quantity.Count(keys) + Databases(end));
        if (end.UsedMemory is { } used)
            Row("memory", Memory(end, used));
        foreach (var shard in end.Shards)
        {
            Row(
                shard == end.Shards[0] ? "shards" : "",
                $"{shard.Uri}: {(shard.Keys is { } count ? Quantity.Keys(count) : "keys not known")}, "
                    + $"{(shard.DataBytes is { } bytes ? new ByteSize(bytes) : "size not known")}, slots {shard.Slots}, "
                    + $"{(shard.Replicas == 1 ? "1 replica" : $"{shard.Replicas} replicas")}"
            );
        }

        if (end.Modules is { Count: > 0 } modules)
            Row("modules", string.Join(", ", modules));
    }

    private static string Databases(EndPlan end)
    {
        var databases = end.Databases;
        return databases.Count switch
        {
            0 => "",
            1 => $" in database {databases[0].Database}",
            _ =>
                $" in {databases.Count} databases ({string.Join(", ", databases.Select(database => $"{database.Database}: {Quantity.Count(database.Keys)}"))})",
        };
    }

    private static string Memory(EndPlan end, long used)
    {
        var data = end.DataBytes is { } bytes ? $"{new ByteSize(bytes)} of data, " : "";
        var limit = end.MaxMemory switch
        {
            null => "",
            0 => ", no maxmemory",
            { } most => $" of at most {new ByteSize(most)} ({end.EvictionPolicy ?? "policy not known"})",
        };
        return $"{data}{new ByteSize(used)} in use{limit}";
    }

    private void WriteWay(string name, Way way)
    {
        var state = way.IsOpen switch
        {
            true => "open",
            false => "closed",
            null => "cannot tell",
        };
        // Painted when its line has been broken, since colours take no room.
        var start = _text.Length;
        Row(name, $"{way.Name} {state}: {way.Why}");
        var painted = way.IsOpen switch
        {
            true => ink.Green(state),
            false => ink.Yellow(state),
            null => state,
        };
        _text.Replace($"{way.Name} {state}:", $"{way.Name} {painted}:", start, _text.Length - start);
        if (way.IsOpen != true && way.WayOut is { } wayOut)
            Row("", wayOut);
    }

    private void WriteReplication(ReplicationFacts facts)
    {
        if (facts.BytesPerSecond is { } rate)
        {
            Row(
                "changes",
                rate == 0 ? "none within a second"
                    : facts.IsUpperBound
                        ? $"at most {Quantity.ByteRate(rate)}: all that comes in, since nothing replicates from it yet"
                    : Quantity.ByteRate(rate)
            );
        }

        if (facts.Backlog is { } backlog)
        {
            Row(
                "backlog",
                $"{new ByteSize(backlog)}{(facts.BacklogLasts is { } lasts ? $", which lasts for {Quantity.Duration(lasts)}" : "")}"
            );
        }

        if (facts.BufferLimit is { } limit)
        {
            Row(
                "buffer",
                $"{Limit(limit.Hard)} for a replica, or {Limit(limit.Soft)} for {Quantity.Duration(limit.SoftTime)}"
                    + (facts.BufferLasts is { } lasts ? $"; lasts for {Quantity.Duration(lasts)}" : "")
            );
        }

        static string Limit(long bytes) => bytes == 0 ? "no limit" : $"{new ByteSize(bytes)}";
    }

    private void WriteSum()
    {
        if (report.Sources.Any(source => source.End.Keys is null))
            return;
        _text.Append('\n');
        Row(
            "sum",
            $"{Quantity.Keys(report.Sources.Sum(source => source.End.Keys!.Value))} in {report.Sources.Count} sources"
        );
    }

    private void WriteBiggestKeys()
    {
        if (report.BiggestKeys.Count == 0)
            return;

        var sampled = report.Sources.Sum(source => (long)(source.Sample?.Keys.Count ?? 0));
        _text.Append('\n').Append(ink.Bold($"Biggest keys, of {Quantity.Count(sampled)} sampled")).Append('\n');
        foreach (var (source, key) in report.BiggestKeys)
        {
            var where = report.Sources.Count > 1 ? $"{source} " : "";
            var line =
                $"  {new ByteSize(key.Memory!.Value), 9}  {key.Type, -7} db {key.Database, -3} {where}{Name(key.Name)}";
            _text.Append(line.Length <= columns ? line : $"{line[..(columns - 1)]}…").Append('\n');
        }
    }

    // A name may hold anything, and must not speak to the terminal.
    private static string Name(byte[] name)
    {
        var text = BinaryText.Encode(name);
        return text.Any(char.IsControl) ? $"base64:{Convert.ToBase64String(name)}" : text;
    }

    private void WriteFindings()
    {
        _text.Append('\n').Append(ink.Bold("Findings")).Append('\n');
        foreach (var found in report.Findings.OrderByDescending(found => found.Finding.Severity))
        {
            var (severity, check) = (found.Finding.Severity, found.Finding.Check);
            var word = SeverityWord.Of(severity);
            var label = severity switch
            {
                Severity.Ok => ink.Green(word),
                Severity.Warning => ink.Yellow(word),
                _ => ink.Red(word),
            };
            var head = $"  {label}{new string(' ', SeverityColumns - word.Length)}{check.PadRight(CheckColumns)}";
            const int Indent = 2 + SeverityColumns + CheckColumns;
            Wrapped(head, Indent, $"{Where(found)}{found.Finding.Message}.");
            if (found.Finding.WayOut is { } wayOut)
                Wrapped(new string(' ', Indent), Indent, wayOut);
        }
    }

    private string Where(PlanFinding found) =>
        report.Sources.Count > 1
        && found.Source is { } source
        && !found.Finding.Message.Contains(source, StringComparison.Ordinal)
            ? $"{source}: "
            : "";

    private void WriteEstimate()
    {
        _text.Append('\n').Append(ink.Bold("Time")).Append('\n');
        if (report.Estimate is not { } estimate)
        {
            Wrapped("  ", 2, "Cannot tell: no keys could be counted and measured.");
            return;
        }

        var time = estimate.Duration is { } duration ? $"About {Quantity.Duration(duration)}" : "Cannot tell how long";
        var rate = estimate.KeysPerSecond is { } keys ? $" at {Quantity.KeyRate(keys)}" : "";
        Wrapped(
            "  ",
            2,
            $"{time} for {Quantity.Keys(estimate.Keys)}, about {new ByteSize(estimate.Bytes)}{rate}, worked out from {Quantity.Count(estimate.SampledKeys)} of them."
        );
        Wrapped("  ", 2, $"This takes for granted that {estimate.Assumption}.");
    }

    private void Row(string name, string value) => Wrapped($"  {name.PadRight(NameColumns)}", 2 + NameColumns, value);

    private void Wrapped(string head, int indent, string text)
    {
        var isFirst = true;
        foreach (var line in Words.Wrap(text, Math.Max(NarrowestText, columns - indent)))
        {
            _text.Append(isFirst ? head : new string(' ', indent)).Append(line).Append('\n');
            isFirst = false;
        }
    }
}
