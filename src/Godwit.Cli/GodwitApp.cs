using Godwit.Cli.Commands;
using Godwit.Cli.Output;
using Godwit.Cli.Usage;
using Godwit.Migration;
using Godwit.Planning;
using Godwit.Verification;

namespace Godwit.Cli;

/// <summary>The program: arguments in, exit code out.</summary>
internal sealed class GodwitApp(
    Surroundings surroundings,
    Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun,
    Func<MigrationOptions, IPlanRun> createPlan,
    Func<VerificationOptions, IMigrationLog, IVerificationRun> createVerification
)
{
    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        try
        {
            return await AnswerAsync(arguments).ConfigureAwait(false);
        }
        // What a run meets is in its report; what comes up to here is standard output, closed or on a full disk.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            new StandardErrorLog(surroundings, LogFormat.Text, quiet: false).Error(
                $"The result cannot be written to standard output: {exception.Message.TrimEnd('.')}.",
                "Make room there. A migration that was running has ended: look at its target before you run it again."
            );
            return ExitCode.BrokeOff;
        }
    }

    private Task<int> AnswerAsync(IReadOnlyList<string> arguments)
    {
        // Before anything else is loaded: scripts ask for it often.
        if (arguments is ["--version"])
        {
            surroundings.Output.WriteLine($"godwit {typeof(GodwitApp).Assembly.GetName().Version!.ToString(3)}");
            return Task.FromResult(ExitCode.Done);
        }

        return DispatchAsync(arguments);
    }

    private async Task<int> DispatchAsync(IReadOnlyList<string> arguments)
    {
        var commands = CommandList.Create(createRun, createPlan, createVerification);
        if (arguments.Count == 0)
        {
            HelpScreen.WriteOverview(surroundings.Error, commands);
            return ExitCode.Usage;
        }

        var isHelpCommand = arguments[0] is "help";
        var name = isHelpCommand && arguments.Count > 1 ? arguments[1] : arguments[0];
        if (name is "help" || CommandLineReader.AsksForHelp([name]))
        {
            HelpScreen.WriteOverview(surroundings.Output, commands);
            return ExitCode.Done;
        }

        var command = commands.FirstOrDefault(command => string.Equals(command.Name, name, StringComparison.Ordinal));
        if (command is null)
            return new UsageAnswer(surroundings).Refuse(null, arguments, [CommandList.Unknown(name, commands)]);

        if (isHelpCommand || CommandLineReader.AsksForHelp(arguments))
        {
            HelpScreen.Write(surroundings.Output, command);
            return ExitCode.Done;
        }

        try
        {
            var parsed = CommandLineReader.Read(command, [.. arguments.Skip(1)]);
            return await command.RunAsync(arguments, parsed, surroundings).ConfigureAwait(false);
        }
        catch (UsageException exception)
        {
            return new UsageAnswer(surroundings).Refuse(command, arguments, exception.Errors);
        }
    }
}
