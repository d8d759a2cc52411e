using System.CommandLine;
using System.CommandLine.Parsing;
using Godwit.Cli.Commands;
using Godwit.Configuration;

namespace Godwit.Cli.Usage;

/// <summary>Reads the arguments of one command, and finds all that is wrong with them.</summary>
internal static class CommandLineReader
{
    private static readonly string[] HelpNames = ["--help", "-h", "-?"];

    /// <summary>For the help screen alone: help is asked for before anything is read.</summary>
    public static Option<bool> CreateHelpOption() => new("--help", "-h") { Description = "Show this." };

    /// <summary>Whether help is asked for, whatever else stands there.</summary>
    public static bool AsksForHelp(IEnumerable<string> arguments) =>
        arguments
            .TakeWhile(argument => argument is not "--")
            .Any(argument => HelpNames.Contains(argument, StringComparer.Ordinal));

    /// <summary>Reads the arguments behind the command's name.</summary>
    /// <exception cref="UsageException">Something is wrong with one or more of them.</exception>
    public static ParseResult Read(CliCommand command, IReadOnlyList<string> arguments)
    {
        var options = command.OptionGroups.SelectMany(group => group.Options).ToList();
        var misplaced = Misplaced(command, options, arguments).ToList();
        // What follows an unknown option may belong to it: nothing more can be said until it is put right.
        if (misplaced.Count > 0)
            throw new UsageException(misplaced);

        var syntax = new Command(command.Name) { command.Words };
        foreach (var option in options)
            syntax.Add(option);
        // Neither @file nor -abc mean anything here.
        var parsed = syntax.Parse(
            arguments,
            new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null }
        );
        return parsed.Errors.Count == 0
            ? parsed
            : throw new UsageException([.. parsed.Errors.Select(Explain).Distinct()]);
    }

    /// <summary>What the parser would take for a word or a value: unknown options, and known ones where a value belongs.</summary>
    private static IEnumerable<UsageError> Misplaced(
        CliCommand command,
        List<Option> options,
        IReadOnlyList<string> arguments
    )
    {
        var byName = options
            .SelectMany(option => option.Aliases.Append(option.Name), (option, name) => (option, name))
            .ToDictionary(pair => pair.name, pair => pair.option, StringComparer.Ordinal);
        Option? wantsValue = null;
        for (var i = 0; i < arguments.Count && arguments[i] is not "--"; i++)
        {
            var (before, name) = (wantsValue, NameOf(arguments[i]));
            wantsValue = null;
            if (name is null)
                continue;
            if (byName.TryGetValue(name, out var option))
            {
                if (before is not null)
                    yield return LacksValue(before);
                if (option.Arity.MaximumNumberOfValues == 0 && arguments[i].Length > name.Length)
                    yield return TakesNoValue(name);
                var hasValue = option.Arity.MaximumNumberOfValues == 0 || arguments[i].Length > name.Length;
                wantsValue = hasValue ? null : option;
            }
            // A negative number is a wrong value, not an unknown option.
            else if (before is null || !char.IsAsciiDigit(name[1]))
            {
                yield return UnknownOption(command, name, byName.Keys);
            }
        }
    }

    /// <summary>
    /// An option's name without what is attached to it, which may be a secret that was meant for another program's option;
    /// null for what is not an option.
    /// </summary>
    private static string? NameOf(string argument)
    {
        if (!argument.StartsWith('-') || argument.Length == 1)
            return null;
        if (argument[1] != '-')
            return argument[..2];
        var end = argument.AsSpan().IndexOfAny('=', ':');
        return end < 0 ? argument : argument[..end];
    }

    private static UsageError UnknownOption(CliCommand command, string name, IEnumerable<string> names)
    {
        if (command.LaterOptions.Contains(name, StringComparer.Ordinal))
            return new UsageError($"{name} is not in this version.", Token: name);
        // -a is redis-cli's.
        if (name is "-a" || name.Contains("pas", StringComparison.OrdinalIgnoreCase))
        {
            return new UsageError(
                $"There is no option {name}.",
                "A password stands in the URI, in --source-password-file and --target-password-file, or in "
                    + "GODWIT_SOURCE_PASSWORD and GODWIT_TARGET_PASSWORD.",
                Token: name
            );
        }

        var nearest = Spelling.Nearest(name, names.Concat(command.LaterOptions));
        var hint = nearest is null ? null : $"Did you mean {nearest}?";
        return new UsageError($"There is no option {name}.", hint, Token: name);
    }

    // Else its value would be taken for a SOURCE, and the option for given.
    private static UsageError TakesNoValue(string name) =>
        new($"{name} takes no value.", $"Write {name} alone, or leave it out.", Token: name);

    private static UsageError LacksValue(Option option) =>
        new($"{option.Name} lacks its value.", $"Write {option.Name} {option.HelpName}.", Token: option.Name);

    private static UsageError Explain(ParseError error)
    {
        var option = error.SymbolResult switch
        {
            OptionResult result => result,
            ArgumentResult { Parent: OptionResult result } => result,
            _ => null,
        };
        if (option is null)
            return new UsageError(error.Message);

        var name = option.Option.Name;
        var tokens = option.Tokens;
        if (tokens.Count == 0)
        {
            return option.Option.Arity.MinimumNumberOfValues > 0
                ? LacksValue(option.Option)
                : new UsageError(error.Message, Token: name);
        }

        if (tokens.Count > option.Option.Arity.MaximumNumberOfValues)
            return new UsageError($"{name} stands there more than once.", "Leave all but one out.", Token: name);
        var message = error.Message.Split('\n', 2);
        return new UsageError(message[0], message.Length > 1 ? message[1] : null, name, tokens[^1].Value);
    }
}
