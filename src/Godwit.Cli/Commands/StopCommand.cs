using System.CommandLine;
using Godwit.Cli.Jobs;
using Godwit.Cli.Usage;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit stop</c>: ends a live job in order.</summary>
internal sealed class StopCommand : CliCommand
{
    private readonly JobOptionSet _job = new();

    /// <inheritdoc/>
    public override string Name => "stop";

    /// <inheritdoc/>
    public override string Summary =>
        "Ends a live migration in order, so that it can go on, and waits until it has ended.";

    /// <inheritdoc/>
    public override string Usage => "godwit stop [--state DIR] [OPTIONS]";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Description)> Operands => [];

    /// <inheritdoc/>
    public override IReadOnlyList<OptionGroup> OptionGroups =>
        [
            new(
                "Which job",
                [_job.State],
                "Without --state: the only one of ./.godwit that runs. What is on its way to the target is applied first. Exit "
                    + "code 0: it has ended in order. 1: none was running. 3: there is none, or several run. 4: it broke off. "
                    + "Its own exit code is 130, as after Ctrl+C."
            ),
            new("Output", [_job.Json, CommandLineReader.CreateHelpOption()]),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["godwit stop", "godwit stop --state jobs/a"];

    /// <inheritdoc/>
    public override string JsonOfUsageError(string message, string? whatToDo) => JobJson.Error(Name, message, whatToDo);

    /// <inheritdoc/>
    public override Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings)
    {
        var errors = new List<UsageError>();
        JobOptionSet.RefuseWords(this, parsed, errors);
        return errors.Count > 0
            ? throw new UsageException(errors)
            : new JobSession(surroundings, Name, parsed.GetValue(_job.Json)).StopAsync(parsed.GetValue(_job.State));
    }
}
