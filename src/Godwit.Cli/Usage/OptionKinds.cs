using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Godwit.Configuration;

namespace Godwit.Cli.Usage;

/// <summary>
/// Makes options whose help shows default and unit, and whose errors say what was expected. An error's hint stands on the
/// second line of its message.
/// </summary>
internal static class OptionKinds
{
    /// <summary>On if it is there.</summary>
    public static Option<bool> Flag(string name, string description) =>
        new(name) { Description = $"{description} Default: off.", Arity = ArgumentArity.Zero };

    /// <summary>A path or a name.</summary>
    public static Option<string?> Text(string name, string valueName, string description, string defaultText) =>
        new(name)
        {
            Description = $"{description} Default: {defaultText}.",
            HelpName = valueName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                if (result.Tokens[0].Value is { Length: > 0 } value)
                    return value;
                result.AddError($"{name} is empty.");
                return null;
            },
        };

    /// <summary>A path or a name; the option may stand several times.</summary>
    public static Option<string[]?> Texts(string name, string valueName, string description, string defaultText) =>
        new(name)
        {
            Description = $"{description} Default: {defaultText}.",
            HelpName = valueName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result =>
            {
                if (result.Tokens.All(token => token.Value.Length > 0))
                    return [.. result.Tokens.Select(token => token.Value)];
                result.AddError($"{name} is empty.");
                return null;
            },
        };

    /// <summary>A whole number within a range.</summary>
    public static Option<long?> Number(string name, long least, long most, string description, string defaultText) =>
        new(name)
        {
            Description = $"{description} Default: {defaultText}.",
            HelpName = "N",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var isNumber = long.TryParse(
                    result.Tokens[0].Value,
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var number
                );
                if (isNumber && number >= least && number <= most)
                    return number;
                var range = most == long.MaxValue ? $"of {least} or more" : $"from {least} to {most}";
                result.AddError($"{name} takes a whole number {range}, not {result.Tokens[0].Value}.");
                return null;
            },
        };

    /// <summary>A number within a range, with a point or without.</summary>
    public static Option<double?> Decimal(
        string name,
        string valueName,
        double least,
        double most,
        string description,
        string defaultText
    ) =>
        new(name)
        {
            Description = $"{description} Default: {defaultText}.",
            HelpName = valueName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var isNumber = double.TryParse(
                    result.Tokens[0].Value,
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var number
                );
                if (isNumber && number >= least && number <= most)
                    return number;
                result.AddError(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name} takes a number from {least:0.######} to {most}, not {result.Tokens[0].Value}."
                    )
                );
                return null;
            },
        };

    /// <summary>A number of bytes within a range: <c>512KiB</c>, <c>64MiB</c>.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="least">The smallest, and how its user writes it.</param>
    /// <param name="most">The largest, likewise; null for none.</param>
    /// <param name="description">What the size is of.</param>
    /// <param name="defaultText">What holds without the option.</param>
    public static Option<long?> Size(
        string name,
        (long Bytes, string Text) least,
        (long Bytes, string Text)? most,
        string description,
        string defaultText
    ) =>
        new(name)
        {
            Description = $"{description} Default: {defaultText}.",
            HelpName = "SIZE",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var isSize = ByteSize.TryParse(result.Tokens[0].Value, out var size);
                if (isSize && size.Bytes >= least.Bytes && size.Bytes <= (most?.Bytes ?? long.MaxValue))
                    return size.Bytes;
                var range = most is { } limit ? $"from {least.Text} to {limit.Text}" : $"of {least.Text} or more";
                result.AddError(
                    $"{name} takes a size {range}, not {result.Tokens[0].Value}."
                        + (isSize ? "" : "\nWrite a number with its unit: 512KiB, 64MiB, 1GiB.")
                );
                return null;
            },
        };

    /// <summary>One of some words.</summary>
    public static Option<T> Choice<T>(
        string name,
        string description,
        T defaultValue,
        params IReadOnlyList<(string Word, T Value)> choices
    )
        where T : struct
    {
        var defaultWord = choices.First(choice => choice.Value.Equals(defaultValue)).Word;
        return new Option<T>(name)
        {
            Description = $"{description} Default: {defaultWord}.",
            HelpName = string.Join('|', choices.Select(choice => choice.Word)),
            Arity = ArgumentArity.ExactlyOne,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result =>
                TryPick(result, name, result.Tokens[0].Value, choices, out var value) ? value : defaultValue,
        };
    }

    /// <summary>Some of some words, with commas between them or the option repeated.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="valueName">As help shows it.</param>
    /// <param name="description">What the words are.</param>
    /// <param name="add">Adds a word's value to those before it.</param>
    /// <param name="choices">The words and their values.</param>
    public static Option<T> Choices<T>(
        string name,
        string valueName,
        string description,
        Func<T, T, T> add,
        params IReadOnlyList<(string Word, T Value)> choices
    )
        where T : struct =>
        new(name)
        {
            Description = $"{description} Default: none.",
            HelpName = valueName,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                var all = default(T);
                foreach (
                    var word in result.Tokens.SelectMany(token =>
                        token.Value.Split(',', StringSplitOptions.TrimEntries)
                    )
                )
                {
                    if (!TryPick(result, name, word, choices, out var value))
                        return default;
                    all = add(all, value);
                }

                return all;
            },
        };

    private static bool TryPick<T>(
        ArgumentResult result,
        string name,
        string word,
        IReadOnlyList<(string Word, T Value)> choices,
        out T value
    )
    {
        foreach (var choice in choices)
        {
            if (string.Equals(choice.Word, word, StringComparison.OrdinalIgnoreCase))
            {
                value = choice.Value;
                return true;
            }
        }

        value = choices[0].Value;
        var words = choices.Select(choice => choice.Word).ToArray();
        var nearest = Spelling.Nearest(word, words);
        result.AddError(
            $"{name} takes {string.Join(", ", words[..^1])} or {words[^1]}, not {word}."
                + (nearest is null ? "" : $"\nDid you mean {nearest}?")
        );
        return false;
    }
}
