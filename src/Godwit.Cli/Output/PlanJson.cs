using System.Text.Json;
using Godwit.Json;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Planning;
using Godwit.Planning.Replication;
using Godwit.Planning.Sampling;

namespace Godwit.Cli.Output;

/// <summary>The object of <c>godwit plan --json</c>; members may be added, none may go or change its meaning.</summary>
internal static class PlanJson
{
    /// <summary>Of a plan.</summary>
    public static string Of(PlanReport report) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", "plan");
            json.WriteString(
                "status",
                report.Worst switch
                {
                    Severity.Ok => "ok",
                    Severity.Warning => "warnings",
                    _ => "stop",
                }
            );
            json.WriteNumber("seconds", Math.Round(report.Duration.TotalSeconds, 3));
            Array(json, "sources", report.Sources, WriteSource);
            json.WriteStartObject("target");
            WriteEnd(json, report.Target.End);
            json.WriteString("write", report.Target.WriteBy);
            json.WriteEndObject();
            json.WriteStartObject("sum");
            Number(json, "keys", Sum(report, end => end.Keys));
            Number(json, "data_bytes", Sum(report, end => end.DataBytes));
            json.WriteEndObject();
            Array(json, "findings", report.Findings, WriteFinding);
            WriteEstimate(json, report.Estimate);
            json.WriteStartObject("biggest_keys");
            json.WriteNumber("sampled", report.Sources.Sum(source => (long)(source.Sample?.Keys.Count ?? 0)));
            Array(json, "keys", report.BiggestKeys, WriteKey);
            json.WriteEndObject();
        });

    /// <summary>Of a plan that never began, or came to nothing.</summary>
    public static string NotBegun(string message, string? whatToDo) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", "plan");
            json.WriteString("status", "failed");
            json.WriteStartArray("findings");
            json.WriteEndArray();
            json.WriteStartObject("error");
            json.WriteString("message", message);
            json.WriteString("what_to_do", whatToDo);
            json.WriteEndObject();
        });

    private static long? Sum(PlanReport report, Func<EndPlan, long?> number) =>
        report.Sources.All(source => number(source.End) is not null)
            ? report.Sources.Sum(source => number(source.End)!.Value)
            : null;

    private static void WriteSource(Utf8JsonWriter json, SourcePlan source)
    {
        WriteEnd(json, source.End);
        json.WriteString("read", source.ReadBy);
        Array(json, "reading", source.Reading, WriteWay);
        Array(json, "following", source.Following, WriteWay);
        WriteReplication(json, source.Replication);
        WriteSample(json, source.Sample);
    }

    private static void WriteEnd(Utf8JsonWriter json, EndPlan end)
    {
        json.WriteString("uri", end.Uri);
        json.WriteString("server", end.Server);
        json.WriteString("topology", end.Topology);
        json.WriteString("role", end.Role);
        Number(json, "keys", end.Keys);
        Number(json, "data_bytes", end.DataBytes);
        Number(json, "used_memory", end.UsedMemory);
        Number(json, "max_memory", end.MaxMemory);
        json.WriteString("eviction_policy", end.EvictionPolicy);
        Array(
            json,
            "databases",
            end.Databases,
            (_, database) =>
            {
                json.WriteNumber("db", database.Database);
                json.WriteNumber("keys", database.Keys);
                json.WriteNumber("expires", database.Expires);
            }
        );
        Array(
            json,
            "shards",
            end.Shards,
            (_, shard) =>
            {
                json.WriteString("uri", shard.Uri);
                json.WriteString("server", shard.Server);
                json.WriteString("slots", shard.Slots);
                json.WriteNumber("replicas", shard.Replicas);
                Number(json, "keys", shard.Keys);
                Number(json, "data_bytes", shard.DataBytes);
            }
        );
        if (end.Modules is null)
        {
            json.WriteNull("modules");
            return;
        }

        json.WriteStartArray("modules");
        foreach (var module in end.Modules)
            json.WriteStringValue(module);
        json.WriteEndArray();
    }

    private static void WriteWay(Utf8JsonWriter json, Way way)
    {
        json.WriteString("way", way.Name);
        if (way.IsOpen is { } open)
            json.WriteBoolean("open", open);
        else
            json.WriteNull("open");
        json.WriteString("why", way.Why);
        json.WriteString("way_out", way.WayOut);
    }

    private static void WriteReplication(Utf8JsonWriter json, ReplicationFacts? facts)
    {
        if (facts is null)
        {
            json.WriteNull("replication");
            return;
        }

        json.WriteStartObject("replication");
        Number(json, "bytes_per_second", facts.BytesPerSecond);
        json.WriteBoolean("is_upper_bound", facts.IsUpperBound);
        Number(json, "backlog_bytes", facts.Backlog);
        Number(json, "backlog_seconds", facts.BacklogLasts?.TotalSeconds);
        Number(json, "buffer_hard_bytes", facts.BufferLimit?.Hard);
        Number(json, "buffer_soft_bytes", facts.BufferLimit?.Soft);
        Number(json, "buffer_soft_seconds", facts.BufferLimit?.SoftTime.TotalSeconds);
        json.WriteEndObject();
    }

    private static void WriteSample(Utf8JsonWriter json, KeySample? sample)
    {
        if (sample is null)
        {
            json.WriteNull("sample");
            return;
        }

        json.WriteStartObject("sample");
        json.WriteNumber("keys", sample.Keys.Count);
        json.WriteNumber("forbidden", sample.Forbidden);
        json.WriteStartObject("types");
        foreach (
            var type in sample
                .Keys.CountBy(key => key.Type, StringComparer.Ordinal)
                .OrderByDescending(type => type.Value)
        )
            json.WriteNumber(type.Key, type.Value);
        json.WriteEndObject();
        Number(json, "keys_per_second", sample.KeysPerSecond);
        Number(json, "bytes_per_key", sample.BytesPerKey);
        json.WriteString("obstacle", sample.Obstacle);
        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, PlanFinding found)
    {
        json.WriteString("check", found.Finding.Check);
        json.WriteString("severity", SeverityWord.Of(found.Finding.Severity));
        json.WriteString("source", found.Source);
        json.WriteString("message", found.Finding.Message);
        json.WriteString("way_out", found.Finding.WayOut);
    }

    private static void WriteEstimate(Utf8JsonWriter json, Estimate? estimate)
    {
        if (estimate is null)
        {
            json.WriteNull("estimate");
            return;
        }

        json.WriteStartObject("estimate");
        // Small data takes milliseconds, and no time at all would be a lie.
        Number(json, "seconds", estimate.Duration?.TotalSeconds, decimals: 3);
        json.WriteNumber("keys", estimate.Keys);
        json.WriteNumber("bytes", estimate.Bytes);
        Number(json, "keys_per_second", estimate.KeysPerSecond);
        json.WriteNumber("bytes_per_key", Math.Round(estimate.BytesPerKey, 1));
        json.WriteNumber("sampled_keys", estimate.SampledKeys);
        json.WriteString("assumption", estimate.Assumption);
        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, BigKey big)
    {
        json.WriteString("source", big.Source);
        json.WriteNumber("db", big.Key.Database);
        json.WritePropertyName("key");
        BinaryText.WriteValue(json, big.Key.Name);
        json.WriteString("type", big.Key.Type);
        Number(json, "bytes", big.Key.Memory);
    }

    private static void Array<T>(
        Utf8JsonWriter json,
        string name,
        IEnumerable<T> items,
        Action<Utf8JsonWriter, T> members
    )
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            members(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    private static void Number(Utf8JsonWriter json, string name, double? number, int decimals = 1)
    {
        if (number is { } known)
            json.WriteNumber(name, Math.Round(known, decimals));
        else
            json.WriteNull(name);
    }
}
