using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Planning;

namespace Godwit.Cli;

/// <summary>Runs one plan in front of a user: signals, report, exit code.</summary>
internal sealed class PlanSession(Surroundings surroundings, Func<MigrationOptions, IPlanRun> createPlan)
{
    private const int WidestText = 120;

    /// <summary>Runs to the end and says what was found.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(MigrationOptions options, OutputSettings settings)
    {
        var log = new StandardErrorLog(surroundings, settings.LogFormat, settings.Quiet);
        using var signals = new StopSignals(surroundings, log);
        PlanReport report;
        try
        {
            report = await createPlan(options).RunAsync(signals.Stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            if (settings.Json)
                surroundings.Output.WriteLine(PlanJson.NotBegun("The plan was stopped.", "Run it again."));
            return signals.ExitCode;
        }
#pragma warning disable CA1031 // The last line: a mistake of the program must end in words and an exit code too.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Bug(exception, settings, log);
        }

        Tell(report, settings, log);
        return report.Worst == Severity.Stop ? ExitCode.Refused : ExitCode.Done;
    }

    private void Tell(PlanReport report, OutputSettings settings, StandardErrorLog log)
    {
        if (settings.Json)
            surroundings.Output.WriteLine(PlanJson.Of(report));
        if (!settings.Json && !settings.Quiet)
        {
            var ink = Ink.For(surroundings.OutputIsTerminal, surroundings);
            var columns = surroundings.OutputIsTerminal ? Math.Min(surroundings.Columns(), WidestText) : 80;
            surroundings.Output.Write(new PlanScreen(report, ink, columns).ToString());
        }

        if (!settings.Quiet)
            return;
        foreach (var (_, finding) in report.Findings.Where(finding => finding.Finding.Severity == Severity.Stop))
            log.Error($"{finding.Message}.", finding.WayOut);
    }

    private int Bug(Exception exception, OutputSettings settings, StandardErrorLog log)
    {
        // An unknown exception may quote anything, a value or a secret; only its kind is safe to show unasked.
        var message =
            $"Godwit made a mistake of its own ({exception.GetType().Name}). Nothing was changed at either end.";
        var whatToDo = $"Please report it with the trace {(settings.Verbose ? "below" : "that --verbose shows")}.";
        if (settings.Json)
            surroundings.Output.WriteLine(PlanJson.NotBegun(message, whatToDo));
        log.Error(message, whatToDo, settings.Verbose ? exception.ToString() : null);
        return ExitCode.Refused;
    }
}
