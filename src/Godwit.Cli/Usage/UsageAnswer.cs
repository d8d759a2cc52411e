using Godwit.Cli.Commands;
using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Endpoints;

namespace Godwit.Cli.Usage;

/// <summary>Answers a wrong command line in the form that it asks for.</summary>
internal sealed class UsageAnswer(Surroundings surroundings)
{
    /// <summary>Tells what is wrong.</summary>
    /// <param name="command">Null where that is what is wrong.</param>
    /// <param name="arguments">All of them.</param>
    /// <param name="errors">One or more.</param>
    /// <returns><see cref="ExitCode.Usage"/></returns>
    public int Refuse(CliCommand? command, IReadOnlyList<string> arguments, IReadOnlyList<UsageError> errors)
    {
        errors = [.. errors.Select(error => WithoutSecrets(error, arguments))];
        // Options that are wrong cannot be read as usual, and these two matter most when something is wrong.
        if (arguments.Contains("--json", StringComparer.Ordinal) && Json(command, errors) is { } json)
            surroundings.Output.WriteLine(json);

        var words = string.Join(' ', arguments).Replace('=', ' ');
        if (words.Contains("--log-format json", StringComparison.Ordinal))
        {
            var log = new StandardErrorLog(surroundings, LogFormat.Json, quiet: false);
            foreach (var error in errors)
                log.Error(error.Message, error.Hint);
        }
        else
        {
            using var screen = new StringWriter();
            var ink = Ink.For(surroundings.ErrorIsTerminal, surroundings);
            UsageScreen.Write(screen, ink, command?.Name, errors);
            new StandardErrorRows(surroundings.Error).WriteLine(screen.ToString().TrimEnd());
        }

        return ExitCode.Usage;
    }

    // Where an option's value was forgotten, the URI behind it is taken for one, and may hold a password.
    private static UsageError WithoutSecrets(UsageError error, IReadOnlyList<string> arguments)
    {
        foreach (var word in arguments.SelectMany(WordsOf))
        {
            var shown = UriSecrets.Hide(word);
            if (shown == word)
                continue;
            error = new UsageError(
                error.Message.Replace(word, shown, StringComparison.Ordinal),
                error.Hint?.Replace(word, shown, StringComparison.Ordinal),
                error.Before,
                error.Token?.Replace(word, shown, StringComparison.Ordinal)
            );
        }

        return error;
    }

    private static IEnumerable<string> WordsOf(string argument)
    {
        var value = argument.StartsWith('-') ? argument.AsSpan().IndexOfAny('=', ':') + 1 : 0;
        return value == 0 ? [argument] : [argument, argument[value..]];
    }

    private static string? Json(CliCommand? command, IReadOnlyList<UsageError> errors)
    {
        var hints = errors.Select(error => error.Hint).Where(hint => hint is not null).ToList();
        return command?.JsonOfUsageError(
            string.Join(' ', errors.Select(error => error.Message)),
            hints.Count > 0 ? string.Join(' ', hints) : null
        );
    }
}
