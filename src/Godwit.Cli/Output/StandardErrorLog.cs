using System.Text.Json;
using Godwit.Cli.Terminal;
using Godwit.Migration;

namespace Godwit.Cli.Output;

/// <summary>How much a log line matters.</summary>
internal enum LogLevel
{
    Info,
    Warning,
    Error,
}

/// <summary>Form of the log lines.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>Writes log lines to standard error, as words or as one JSON object a line. Calls may come from any thread.</summary>
internal sealed class StandardErrorLog(Surroundings surroundings, LogFormat format, bool quiet) : IMigrationLog
{
    private readonly Ink _ink = Ink.For(surroundings.ErrorIsTerminal, surroundings);

    /// <summary>Where the lines go, and what stands below them.</summary>
    public StandardErrorRows Rows { get; } = new(surroundings.Error);

    /// <inheritdoc/>
    public void Info(string message)
    {
        if (!quiet)
            Write(LogLevel.Info, message, whatToDo: null, detail: null);
    }

    /// <inheritdoc/>
    public void Warn(string message)
    {
        if (!quiet)
            Write(LogLevel.Warning, message, whatToDo: null, detail: null);
    }

    /// <summary>Says what went wrong; not silenced by <c>--quiet</c>.</summary>
    /// <param name="message">What, and why.</param>
    /// <param name="whatToDo">The way out; null for none.</param>
    /// <param name="detail">A stack trace, where it was asked for.</param>
    public void Error(string message, string? whatToDo, string? detail = null) =>
        Write(LogLevel.Error, message, whatToDo, detail);

    /// <summary>A line about how the run gets on.</summary>
    public void Progress(ProgressReading reading)
    {
        if (format == LogFormat.Text)
        {
            Rows.WriteLine(ProgressText.Line(reading));
            return;
        }

        WriteJson(json =>
        {
            json.WriteString("level", "progress");
            json.WriteString("phase", reading.Now.Phase);
            json.WriteNumber("keys", reading.Now.Keys.Read);
            json.WriteNumber("failed", reading.Now.Keys.Failed);
            WriteNumberOrNull(json, "expected_keys", reading.Now.ExpectedKeys);
            json.WriteNumber("bytes", reading.Now.BytesRead);
            WriteNumberOrNull(json, "expected_bytes", reading.Now.ExpectedBytes);
            json.WriteNumber("keys_per_second", Math.Round(reading.KeysPerSecond, 1));
            json.WriteNumber("bytes_per_second", Math.Round(reading.BytesPerSecond, 1));
            if (reading.Now.Live is { } live)
            {
                json.WriteNumber("changes", live.Applied);
                json.WriteNumber("changes_per_second", Math.Round(reading.ChangesPerSecond, 1));
                WriteNumberOrNull(json, "lag_bytes", live.LagBytes);
                json.WriteNumber("lag_milliseconds", Math.Round(live.Lag.TotalMilliseconds));
                json.WriteBoolean("caught_up", live.IsCaughtUp);
            }

            WriteNumberOrNull(
                json,
                "seconds_left",
                reading.Left is { } left ? (long)Math.Ceiling(left.TotalSeconds) : null
            );
        });
    }

    private void Write(LogLevel level, string message, string? whatToDo, string? detail)
    {
        if (format == LogFormat.Json)
        {
            WriteJson(json =>
            {
                json.WriteString(
                    "level",
                    level == LogLevel.Info ? "info"
                        : level == LogLevel.Warning ? "warning"
                        : "error"
                );
                json.WriteString("message", message);
                if (whatToDo is not null)
                    json.WriteString("what_to_do", whatToDo);
                if (detail is not null)
                    json.WriteString("detail", detail);
            });
            return;
        }

        var text = string.Join('\n', new[] { message, whatToDo, detail }.Where(part => part is not null));
        Rows.WriteLine(Label(level) + text);
    }

    private string Label(LogLevel level) =>
        level switch
        {
            LogLevel.Warning => _ink.Yellow("warning:") + " ",
            LogLevel.Error => _ink.Red("error:") + " ",
            _ => "",
        };

    private void WriteJson(Action<Utf8JsonWriter> members)
    {
        var line = JsonText.Object(json =>
        {
            json.WriteString("time", surroundings.TimeProvider.GetUtcNow());
            members(json);
        });
        Rows.WriteLine(line);
    }

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }
}
