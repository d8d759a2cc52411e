using System.Text.Json;
using Godwit.Migration;
using Godwit.Verification;
using Godwit.Verification.Sampling;

namespace Godwit.Cli.Output;

/// <summary>The object that <c>--json</c> promises; members may be added, none may go or change its meaning.</summary>
internal static class VerificationJson
{
    /// <summary>Of a run that has ended, however it ended.</summary>
    public static string Of(VerificationReport report) => JsonText.Object(json => Write(json, report));

    /// <summary>The members of the object.</summary>
    public static void Write(Utf8JsonWriter json, VerificationReport report)
    {
        json.WriteString("command", "verify");
        json.WriteString("status", Status(report.Status));
        WriteKeys(json, report.Keys);
        json.WriteNumber("seconds", Math.Round(report.Duration.TotalSeconds, 3));
        json.WriteString("report", report.ReportFile);
        json.WriteString("mode", report.Mode.ToString().ToLowerInvariant());
        json.WriteStartObject("functions");
        json.WriteNumber("compared", report.Functions.Compared);
        json.WriteNumber("different", report.Functions.Different);
        json.WriteNumber("repaired", report.Functions.Repaired);
        json.WriteEndObject();
        if (report.MostDifferent is { } mostDifferent)
        {
            json.WriteStartObject("sample");
            json.WriteNumber("percent", report.SamplePercent);
            json.WriteNumber("most_different", mostDifferent);
            json.WriteNumber("confidence", SampleConfidence.Level);
            json.WriteEndObject();
        }

        json.WriteStartArray("sources");
        foreach (var source in report.Sources)
            WriteEnd(json, source);
        json.WriteEndArray();
        json.WritePropertyName("target");
        WriteEnd(json, report.Target);
        if (report.Failure is { } failure)
            WriteError(json, failure.Message, failure.WhatToDo);
    }

    /// <summary>Of a run that never began: the same shape, with nothing done.</summary>
    public static string NotBegun(string message, string? whatToDo) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", "verify");
            json.WriteString("status", Status(VerificationStatus.Failed));
            WriteKeys(json, default);
            json.WriteNumber("seconds", 0);
            json.WriteNull("report");
            WriteError(json, message, whatToDo);
        });

    private static string Status(VerificationStatus status) =>
        status switch
        {
            VerificationStatus.Equal => "equal",
            VerificationStatus.Different => "different",
            VerificationStatus.CannotTell => "cannot-tell",
            VerificationStatus.Interrupted => "interrupted",
            _ => "failed",
        };

    private static void WriteKeys(Utf8JsonWriter json, VerifiedKeys keys)
    {
        json.WriteStartObject("keys");
        json.WriteNumber("compared", keys.Compared);
        json.WriteNumber("equal", keys.Equal);
        json.WriteNumber("missing", keys.Missing);
        json.WriteNumber("extra", keys.Extra);
        json.WriteNumber("type", keys.Type);
        json.WriteNumber("value", keys.Value);
        json.WriteNumber("ttl", keys.Ttl);
        json.WriteNumber("repaired", keys.Repaired);
        json.WriteNumber("moving", keys.Moving);
        json.WriteNumber("unknown", keys.Unknown);
        json.WriteEndObject();
    }

    private static void WriteEnd(Utf8JsonWriter json, SourceReport end)
    {
        json.WriteStartObject();
        json.WriteString("uri", end.Uri);
        json.WriteString("server", end.Server);
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
