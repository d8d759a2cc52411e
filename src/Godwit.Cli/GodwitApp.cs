using Godwit.Cli.Commands;
using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Cli.Usage;
using Godwit.Configuration;
using Godwit.Migration;

namespace Godwit.Cli;

/// <summary>The program: arguments in, exit code out.</summary>
internal sealed class GodwitApp(
    Surroundings surroundings,
    Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun
)
{
    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public Task<int> RunAsync(IReadOnlyList<string> arguments)
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
        var commands = CommandList.Create(createRun);
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
            return Refuse(null, arguments, [UnknownCommand(name, commands)]);

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
            return Refuse(command, arguments, exception.Errors);
        }
    }

    private int Refuse(CliCommand? command, IReadOnlyList<string> arguments, IReadOnlyList<UsageError> errors)
    {
        // Options that are wrong cannot be trusted to be read; these two are wanted above all when something is wrong.
        var wantsJson = arguments.Contains("--json", StringComparer.Ordinal);
        var wantsJsonLog = string.Join(' ', arguments)
            .Replace('=', ' ')
            .Contains("--log-format json", StringComparison.Ordinal);
        if (
            wantsJson
            && command?.JsonOfUsageError(
                Join(errors.Select(error => error.Message))!,
                Join(errors.Select(error => error.Hint))
            )
                is { } json
        )
            surroundings.Output.WriteLine(json);

        if (wantsJsonLog)
        {
            var log = new StandardErrorLog(surroundings, LogFormat.Json, quiet: false);
            foreach (var error in errors)
                log.Error(error.Message, error.Hint);
        }
        else
        {
            UsageScreen.Write(
                surroundings.Error,
                Ink.For(surroundings.ErrorIsTerminal, surroundings),
                command?.Name,
                errors
            );
        }

        return ExitCode.Usage;
    }

    private static string? Join(IEnumerable<string?> sentences) =>
        string.Join(' ', sentences.Where(sentence => sentence is not null)) is { Length: > 0 } text ? text : null;

    private static UsageError UnknownCommand(string name, IReadOnlyList<CliCommand> commands)
    {
        var all = commands.Select(command => command.Name).ToList();
        if (CommandList.Later.Contains(name, StringComparer.Ordinal))
            return new UsageError(
                $"{name} is not in this version.",
                $"This version has {string.Join(", ", all)}.",
                Token: name
            );
        if (name.StartsWith('-'))
        {
            var option = name.Split('=', 2)[0];
            var meant = Spelling.Nearest(option, ["--help", "--version"]);
            return new UsageError(
                $"There is no option {option} before the command.",
                meant is null ? $"Options stand behind the command: godwit {all[0]} ..." : $"Did you mean {meant}?",
                Token: option
            );
        }

        var nearest = Spelling.Nearest(name, [.. all, .. CommandList.Later, "help"]);
        // A URI in the command's place may hold a password.
        var shown = Endpoints.UriSecrets.Hide(name);
        return new UsageError(
            $"There is no command {shown}.",
            nearest is null ? $"This version has {string.Join(", ", all)}." : $"Did you mean {nearest}?",
            Token: shown
        );
    }
}
