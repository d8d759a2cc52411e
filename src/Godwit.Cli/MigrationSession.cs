using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Configuration;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Verification;

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
            var following = Display(options, settings, log).FollowAsync(() => run.Progress, running);
            // Both: a display that fails must not leave a run behind.
            await Task.WhenAll(following, running).ConfigureAwait(false);
            report = await running.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The last line: a mistake of the program must end in words and an exit code too.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var duration = surroundings.TimeProvider.GetElapsedTime(start);
            return Bug(exception, run, duration, options, settings, log);
        }

        new MigrationOutcome(surroundings, settings, log).Tell(report, options);
        return Code(report, signals);
    }

    private IProgressDisplay Display(MigrationOptions options, OutputSettings settings, StandardErrorLog log)
    {
        var isShared =
            surroundings.OutputIsTerminal && options.Target is JsonEndpoint { Path: JsonEndpoint.StandardOutput };
        return ProgressDisplays.Choose(surroundings, settings, log, isShared);
    }

    private static int Code(MigrationReport report, StopSignals signals) =>
        report.Status switch
        {
            MigrationStatus.Completed when report.Verification is { } verification => Code(verification, signals),
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

    private static int Code(VerificationReport verification, StopSignals signals) =>
        verification.Status switch
        {
            VerificationStatus.Equal => ExitCode.Done,
            VerificationStatus.Interrupted => signals.ExitCode,
            VerificationStatus.Failed => ExitCode.BrokeOff,
            _ => ExitCode.Partial,
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
            Sources = SourceReport.NotOpened(options.Sources),
            Target = new TargetReport($"{options.Target}", Server: null, Write: null),
            Failure = new MigrationFailure(message, whatToDo, BeforeFirstWrite: run is null, exception),
        };
        new MigrationOutcome(surroundings, settings, log).Tell(report, options);
        return run is null ? ExitCode.Refused : ExitCode.BrokeOff;
    }
}
