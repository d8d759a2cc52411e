using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Configuration;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli;

/// <summary>Runs one migration in front of a user: signals, progress, report, exit code.</summary>
internal sealed class MigrationSession(
    Surroundings surroundings,
    Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun
)
{
    /// <summary>Runs to the end and says how it ended.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(MigrationOptions options, OutputSettings settings)
    {
        var log = new StandardErrorLog(surroundings, settings.LogFormat, settings.Quiet);
        using var signals = new StopSignals(surroundings, log);
        var start = surroundings.TimeProvider.GetTimestamp();
        IMigrationRun? run = null;
        MigrationReport report;
        try
        {
            run = createRun(options, log);
            // A run that works before its first wait must not hold its progress back.
            var running = Task.Run(() => run.RunAsync(signals.Stop), CancellationToken.None);
            await Display(settings, log).FollowAsync(run, running).ConfigureAwait(false);
            report = await running.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The last line: a mistake of the program must end in words and an exit code too.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var duration = surroundings.TimeProvider.GetElapsedTime(start);
            return Bug(exception, run, duration, options, settings, log);
        }

        Tell(report, options, settings, log);
        return Code(report, signals);
    }

    private IProgressDisplay Display(OutputSettings settings, StandardErrorLog log)
    {
        if (settings.Progress == ProgressMode.Never || (settings.Progress == ProgressMode.Auto && settings.Quiet))
            return new NoProgress();
        var canDraw = surroundings.ErrorIsTerminal && settings.LogFormat == LogFormat.Text && !Ink.IsDumb(surroundings);
        return canDraw ? Bar(log) : new ProgressLines(log, surroundings.TimeProvider);
    }

    // Apart, so that what draws is not loaded where nothing is drawn.
    private ProgressBar Bar(StandardErrorLog log) => new(surroundings, log);

    private void Tell(MigrationReport report, MigrationOptions options, OutputSettings settings, StandardErrorLog log)
    {
        if (settings.Json)
            surroundings.Output.WriteLine(MigrationJson.Of(report));
        else if (HasSummary(report, settings))
            WriteSummary(report, options);

        if (report.Failure is { } failure)
            log.Error(
                failure.Message,
                WayOut(failure, report, settings),
                settings.Verbose ? failure.Exception.ToString() : null
            );
        else if (report.Status == MigrationStatus.Partial && settings.Quiet)
            log.Error(
                $"{Quantity.Keys(report.Keys.Failed)} failed.",
                report.ErrorsFile is { } file ? $"{file} says why." : null
            );
    }

    /// <summary>A refusal has nothing to sum up.</summary>
    private static bool HasSummary(MigrationReport report, OutputSettings settings) =>
        !settings.Quiet && report.Failure is not { BeforeFirstWrite: true };

    private void WriteSummary(MigrationReport report, MigrationOptions options)
    {
        // Standard output may be the target itself.
        var isTaken = options.Target is JsonEndpoint { Path: "-" };
        var (writer, isTerminal) = isTaken
            ? (surroundings.Error, surroundings.ErrorIsTerminal)
            : (surroundings.Output, surroundings.OutputIsTerminal);
        writer.Write(MigrationSummary.Of(report, Ink.For(isTerminal, surroundings)));
    }

    /// <summary>The command that goes on stands in the summary; where there is none, it stands here.</summary>
    private static string? WayOut(MigrationFailure failure, MigrationReport report, OutputSettings settings)
    {
        var isTold = settings is { Json: false } && HasSummary(report, settings);
        if (report.ResumeCommand is not { } resume || isTold || failure.BeforeFirstWrite)
            return failure.WhatToDo;
        return failure.WhatToDo is null ? $"To go on: {resume}" : $"{failure.WhatToDo}\nTo go on: {resume}";
    }

    private static int Code(MigrationReport report, StopSignals signals) =>
        report.Status switch
        {
            MigrationStatus.Completed => ExitCode.Done,
            MigrationStatus.Partial => ExitCode.Partial,
            MigrationStatus.Interrupted => signals.ExitCode,
            _ => report.Failure switch
            {
                { BeforeFirstWrite: true, Exception: ConfigurationException } => ExitCode.Usage,
                { BeforeFirstWrite: true } => ExitCode.Refused,
                _ => ExitCode.BrokeOff,
            },
        };

    private int Bug(
        Exception exception,
        IMigrationRun? run,
        TimeSpan duration,
        MigrationOptions options,
        OutputSettings settings,
        StandardErrorLog log
    )
    {
        // An unknown exception may quote anything, a value or a secret; only its kind is safe to show unasked.
        var message =
            $"Godwit made a mistake of its own ({exception.GetType().Name}). "
            + (run is null ? "Nothing was written." : "Some keys may have been written; the source was not changed.");
        var whatToDo = $"Please report it with the trace {(settings.Verbose ? "below" : "that --verbose shows")}.";
        var progress = run?.Progress ?? default;
        var report = new MigrationReport
        {
            Status = MigrationStatus.Failed,
            Keys = progress.Keys,
            BytesRead = progress.BytesRead,
            BytesWritten = 0,
            Duration = duration,
            Sources = [new SourceReport($"{options.Source}", Server: null, Read: null)],
            Target = new TargetReport($"{options.Target}", Server: null, Write: null),
            Failure = new MigrationFailure(message, whatToDo, BeforeFirstWrite: run is null, exception),
        };
        Tell(report, options, settings, log);
        return run is null ? ExitCode.Refused : ExitCode.BrokeOff;
    }
}
