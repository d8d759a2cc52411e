using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Cli.Demo;

/// <summary>Runs the demo in front of a user: what it runs on, signals, cleaning up, exit code.</summary>
internal sealed class DemoSession(
    Surroundings surroundings,
    Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun,
    Checkout? checkout
)
{
    /// <summary>Runs it. Servers and files are gone when it returns.</summary>
    /// <returns>The exit code: 0 only if what arrived is equal to what was sent.</returns>
    public async Task<int> RunAsync(bool verbose)
    {
        var log = new StandardErrorLog(surroundings, LogFormat.Text, quiet: false);
        using var signals = new StopSignals(surroundings, log);
        try
        {
            return await RunAsync(log, signals.Stop).ConfigureAwait(false) ? ExitCode.Done : ExitCode.Partial;
        }
        // An interrupt from the terminal can end a server before it ends what waits for the server's answer.
        catch (Exception exception)
            when (signals.Stop.IsCancellationRequested && exception is OperationCanceledException or GodwitException)
        {
            surroundings.Error.WriteLine("Stopped. The servers and their files are gone.");
            return signals.ExitCode;
        }
        catch (GodwitException exception)
        {
            log.Error(exception.Message, exception.WhatToDo, verbose ? exception.ToString() : null);
            return ExitCode.Refused;
        }
#pragma warning disable CA1031 // The last line: a mistake of the program must end in words and an exit code too.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.Error(
                $"Godwit made a mistake of its own ({exception.GetType().Name}). The demo touches nothing but its own files.",
                $"Please report it with the trace {(verbose ? "below" : "that --verbose shows")}.",
                verbose ? exception.ToString() : null
            );
            return ExitCode.BrokeOff;
        }
    }

    private async Task<bool> RunAsync(StandardErrorLog log, CancellationToken stop)
    {
        var output = surroundings.Output;
        output.WriteLine("A migration from start to end, on data of its own. Nothing of yours is touched.");
        output.WriteLine();

        var search = new ServerSearch(surroundings.Environment("PATH"), checkout, output);
        var choice = await search.ChooseAsync(stop).ConfigureAwait(false);
        var screen = new DemoScreen(output, Ink.For(surroundings.OutputIsTerminal, surroundings));
        var migration = new DemoMigration(createRun, screen, log);
        bool isEqual;
        using (var directory = DemoDirectory.Create())
        {
            isEqual = choice.Pair is { } pair
                ? await new ServerDemo(choice, migration, screen, surroundings.TimeProvider)
                    .RunAsync(pair, directory, stop)
                    .ConfigureAwait(false)
                : await new FileDemo(choice, migration, screen).RunAsync(directory, stop).ConfigureAwait(false);
        }

        output.WriteLine(
            choice.Pair is null ? "  Its files are deleted." : "  The servers are stopped, their files deleted."
        );
        if (isEqual)
        {
            output.WriteLine();
            output.WriteLine("  Yours:  godwit migrate redis://old:6379 redis://new:6379");
        }

        return isEqual;
    }
}
