using System.Text.Json;
using Godwit.Cli.Output;
using Godwit.Live.Status;

namespace Godwit.Cli.Jobs;

/// <summary>What <c>godwit status --json</c> and <c>godwit stop --json</c> write: one object.</summary>
internal static class JobJson
{
    /// <summary>Of one job.</summary>
    /// <param name="command">Which of the two.</param>
    /// <param name="job">How it stands.</param>
    public static string Of(string command, JobStatus job) =>
        JsonSerializer.Serialize(job with { Command = command }, Relaxed.JobStatus);

    /// <summary>Of several.</summary>
    public static string Of(string command, IReadOnlyList<JobStatus> jobs) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", command);
            json.WriteStartArray("jobs");
            foreach (var job in jobs)
                json.WriteRawValue(Of(command, job));
            json.WriteEndArray();
        });

    /// <summary>Of a job that is forgotten.</summary>
    public static string Forgotten(JobStatus job, bool directoryIsGone) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", "status");
            json.WriteString("forgotten", job.Job);
            json.WriteString("directory", job.Directory);
            json.WriteBoolean("directory_removed", directoryIsGone);
        });

    /// <summary>Of a command that could not tell.</summary>
    public static string Error(string command, string message, string? whatToDo) =>
        JsonText.Object(json =>
        {
            json.WriteString("command", command);
            json.WriteStartObject("error");
            json.WriteString("message", message);
            json.WriteString("what_to_do", whatToDo);
            json.WriteEndObject();
        });

    // Not meant for a web page: slashes and quotes stay readable.
    private static readonly JobStatusFormat Relaxed = new(
        new JsonSerializerOptions(JobStatusFormat.Default.Options)
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }
    );
}
