using System.Text.Json;
using Godwit.Live;
using Godwit.Migration;

namespace Godwit.Cli.Output;

/// <summary>The object that <c>--json</c> promises; members may be added, none may go or change its meaning.</summary>
internal static class MigrationJson
{
    /// <summary>Of a run that has ended, however it ended.</summary>
    public static string Of(MigrationReport report) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", "migrate");
            json.WriteString("status", Status(report.Status));
            WriteKeys(json, report.Keys);
            WriteBytes(json, report.BytesRead, report.BytesWritten);
            json.WriteNumber("seconds", Math.Round(report.Duration.TotalSeconds, 3));
            WriteChanges(json, report.Live);
            json.WriteStartArray("sources");
            foreach (var source in report.Sources)
            {
                json.WriteStartObject();
                json.WriteString("uri", source.Uri);
                json.WriteString("server", source.Server);
                json.WriteString("read", source.Read);
                WriteKeys(json, source.Keys);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteTarget(json, report.Target);
            json.WriteString("errors_file", report.ErrorsFile);
            if (report.Conflicts is { } conflicts)
                json.WriteNumber("conflicts", conflicts);
            else
                json.WriteNull("conflicts");
            json.WriteStartObject("functions");
            json.WriteNumber("written", report.FunctionsWritten);
            json.WriteEndObject();
            json.WriteStartObject("lost");
            foreach (var (name, count) in report.Lost.OrderBy(lost => lost.Key, StringComparer.Ordinal))
                json.WriteNumber(name, count);
            json.WriteEndObject();
            json.WriteStartArray("events");
            foreach (var happened in report.Events)
                json.WriteStringValue(happened);
            json.WriteEndArray();
            if (report.Verification is { } verification)
            {
                json.WriteStartObject("verification");
                VerificationJson.Write(json, verification);
                json.WriteEndObject();
            }

            if (report.Failure is { } failure)
                WriteError(json, failure.Message, failure.WhatToDo);
            json.WriteString("resume_command", report.ResumeCommand);
        });

    /// <summary>Of a run that never began: the same shape, with nothing done.</summary>
    public static string NotBegun(string message, string? whatToDo) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", "migrate");
            json.WriteString("status", Status(MigrationStatus.Failed));
            WriteKeys(json, default);
            WriteBytes(json, read: 0, written: 0);
            json.WriteNumber("seconds", 0);
            WriteChanges(json, live: null);
            json.WriteStartArray("sources");
            json.WriteEndArray();
            json.WriteNull("target");
            json.WriteNull("errors_file");
            WriteError(json, message, whatToDo);
        });

    private static string Status(MigrationStatus status) =>
        status switch
        {
            MigrationStatus.Completed => "completed",
            MigrationStatus.Partial => "partial",
            MigrationStatus.Interrupted => "interrupted",
            _ => "failed",
        };

    private static void WriteKeys(Utf8JsonWriter json, KeyCounts keys)
    {
        json.WriteStartObject("keys");
        json.WriteNumber("read", keys.Read);
        json.WriteNumber("written", keys.Written);
        json.WriteNumber("skipped", keys.Skipped);
        json.WriteNumber("filtered", keys.Filtered);
        json.WriteNumber("expired", keys.Expired);
        json.WriteNumber("failed", keys.Failed);
        json.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter json, long read, long written)
    {
        json.WriteStartObject("bytes");
        json.WriteNumber("read", read);
        json.WriteNumber("written", written);
        json.WriteEndObject();
    }

    // All zero for a copy, which follows no changes. Null where it could not be measured.
    private static void WriteChanges(Utf8JsonWriter json, LiveCounts? live)
    {
        var changes = live ?? default;
        var lagBytes = live is null ? 0 : changes.LagBytes;
        json.WriteStartObject("changes");
        json.WriteNumber("received", changes.Received);
        json.WriteNumber("applied", changes.Applied);
        if (lagBytes is { } bytes)
            json.WriteNumber("lag_bytes", bytes);
        else
            json.WriteNull("lag_bytes");
        if (live is not null)
        {
            json.WriteNumber("lag_milliseconds", Math.Round(changes.Lag.TotalMilliseconds));
            json.WriteNumber("repaired", changes.Repaired);
            json.WriteBoolean("caught_up", changes.IsCaughtUp);
            if (changes.IsFenced is { } isFenced)
                json.WriteBoolean("fence", isFenced);
            else
                json.WriteNull("fence");
        }

        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, TargetReport target)
    {
        json.WriteStartObject("target");
        json.WriteString("uri", target.Uri);
        json.WriteString("server", target.Server);
        json.WriteString("write", target.Write);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, string message, string? whatToDo)
    {
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("what_to_do", whatToDo);
        json.WriteEndObject();
    }
}
