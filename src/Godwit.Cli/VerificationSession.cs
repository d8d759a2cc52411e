using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Configuration;
using Godwit.Migration;
using Godwit.Verification;

namespace Godwit.Cli;

/// <summary>Runs one comparison in front of a user: signals, progress, report, exit code.</summary>
internal sealed class VerificationSession(
    Surroundings surroundings,
    Func<VerificationOptions, IMigrationLog, IVerificationRun> createRun
)
{
    /// <summary>Runs to the end and says what it came to.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(VerificationOptions options, OutputSettings settings)
    {
        var log = new StandardErrorLog(surroundings, settings.LogFormat, settings.Quiet);
        using var signals = new StopSignals(surroundings, log);
        var start = surroundings.TimeProvider.GetTimestamp();
        VerificationReport report;
        try
        {
            var run = createRun(options, log);
            // A run that works before its first wait must not hold its progress back.
            var running = Task.Run(() => run.RunAsync(signals.Stop), CancellationToken.None);
            var display = ProgressDisplays.Choose(surroundings, settings, log, isOutputShared: false);
            // Both: a display that fails must not leave a run behind.
            await Task.WhenAll(display.FollowAsync(() => run.Progress, running), running).ConfigureAwait(false);
            report = await running.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The last line: a mistake of the program must end in words and an exit code too.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            report = Bug(exception, surroundings.TimeProvider.GetElapsedTime(start), options, settings);
        }

        new VerificationOutcome(surroundings, settings, log).Tell(report);
        return Code(report, signals);
    }

    private static int Code(VerificationReport report, StopSignals signals) =>
        report.Status switch
        {
            VerificationStatus.Equal => ExitCode.Done,
            VerificationStatus.Different or VerificationStatus.CannotTell => ExitCode.Partial,
            VerificationStatus.Interrupted => signals.ExitCode,
            _ => report.Failure switch
            {
                { BeforeFirstWrite: true, Exception: ConfigurationException } => ExitCode.Usage,
                { BeforeFirstWrite: true } => ExitCode.Refused,
                _ => ExitCode.BrokeOff,
            },
        };

    private static VerificationReport Bug(
        Exception exception,
        TimeSpan duration,
        VerificationOptions options,
        OutputSettings settings
    )
    {
        // An unknown exception may quote anything, a value or a secret; only its kind is safe to show unasked.
        var message =
            $"Godwit made a mistake of its own ({exception.GetType().Name}), and what it found so far says nothing";
        var whatToDo = $"Please report it with the trace {(settings.Verbose ? "below" : "that --verbose shows")}.";
        return new VerificationReport
        {
            Status = VerificationStatus.Failed,
            Keys = default,
            Mode = options.Mode,
            SamplePercent = options.SamplePercent,
            Duration = duration,
            Sources = SourceReport.NotOpened(options.Sources),
            Target = new SourceReport($"{options.Target}", Server: null, Read: null),
            Failure = new MigrationFailure(message, whatToDo, BeforeFirstWrite: false, exception),
        };
    }
}
