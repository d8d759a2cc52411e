using System.Collections.Concurrent;
using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli.Demo;

/// <summary>Runs the real job, as <c>godwit migrate SOURCE TARGET</c> does, and says what came of it.</summary>
internal sealed class DemoMigration(
    Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun,
    DemoScreen screen,
    StandardErrorLog log
)
{
    private const int MostReasons = 5;

    /// <summary>Runs it.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="target">Where to.</param>
    /// <param name="directory">For the file that names keys which failed.</param>
    /// <param name="stop">Ends it in order.</param>
    /// <returns>All that is known of it; it is whole, or some keys failed.</returns>
    /// <exception cref="DemoException">It did not come to its end.</exception>
    public async Task<MigrationReport> RunAsync(
        Endpoint source,
        Endpoint target,
        DemoDirectory directory,
        CancellationToken stop
    )
    {
        screen.Step("Migrate, as godwit migrate SOURCE TARGET does");
        var options = new MigrationOptions
        {
            Sources = [source],
            Target = target,
            ErrorsFile = directory.PathOf("errors.ndjson"),
        };
        var warnings = new HeldWarnings();
        var report = await createRun(options, warnings).RunAsync(stop).ConfigureAwait(false);
        if (report.Status != MigrationStatus.Completed)
            warnings.TellTo(log);
        stop.ThrowIfCancellationRequested();
        if (report.Failure is { } failure)
            throw new DemoException(failure.Message, failure.WhatToDo, failure.Exception);

        screen.Line("read", Reading(report.Sources[0].Read));
        screen.Line("written", Writing(report.Target));
        screen.Line("keys", Account(report.Keys));
        if (report.FunctionsWritten > 0)
            screen.Line("functions", $"{Quantity.Count(report.FunctionsWritten)} library written");
        screen.Line("time", $"{Quantity.Duration(report.Duration)}, checks before the first write included");
        if (report.ErrorsFile is { } file)
            ShowReasons(file);
        return report;
    }

    private static string Reading(string? way) =>
        way switch
        {
            "sync" => "as a replica (PSYNC): one snapshot of one moment",
            "scan" => "with SCAN and DUMP",
            _ => "from the RDB file",
        };

    private static string Writing(TargetReport target) =>
        target.Write switch
        {
            "restore" => "with RESTORE",
            "commands" => "with the types' own commands",
            "restore+commands" => $"with RESTORE; what {target.Server} cannot restore, with commands",
            _ => "as JSON, one document a line",
        };

    private static string Account(KeyCounts keys) =>
        $"{Quantity.Count(keys.Read)} read = {Quantity.Count(keys.Written)} written + {Quantity.Count(keys.Skipped)} skipped"
        + $" + {Quantity.Count(keys.Expired)} expired + {Quantity.Count(keys.Failed)} failed";

    private void ShowReasons(string file)
    {
        foreach (var line in File.ReadLines(file).Take(MostReasons))
            screen.Line(line);
    }

    /// <summary>
    /// What the job found is told by the demo in its own words. What it warned of matters only where keys have failed: it
    /// knows what the servers can do, not what the demo's data needs.
    /// </summary>
    private sealed class HeldWarnings : IMigrationLog
    {
        private readonly ConcurrentQueue<string> _warnings = new();

        public void Info(string message) { }

        public void Warn(string message) => _warnings.Enqueue(message);

        public void TellTo(StandardErrorLog log)
        {
            foreach (var warning in _warnings)
                log.Warn(warning);
        }
    }
}
