using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Godwit.Transform;

namespace Godwit.Cli.Commands;

/// <summary>Takes <c>FROM:TO</c>, as often as its user likes.</summary>
internal static class DatabaseMapOption
{
    /// <summary>Creates the option.</summary>
    public static Option<DatabaseMap?> Create(string name) =>
        new(name)
        {
            Description =
                "Keys of the source's database FROM go to the target's database TO; may stand several times. Where keys of two "
                + "meet in one, --on-existing decides. Default: each keeps its number.",
            HelpName = "FROM:TO",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result => Parse(name, result),
        };

    private static DatabaseMap? Parse(string name, ArgumentResult result)
    {
        var targets = new Dictionary<int, int>();
        foreach (var word in result.Tokens.Select(token => token.Value))
        {
            var numbers = word.Split(':');
            if (
                numbers.Length != 2
                || !int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out var from)
                || !int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            )
            {
                result.AddError($"{name} takes two numbers of databases, not {word}.\nWrite {name} 3:0, for example.");
                return null;
            }

            if (!targets.TryAdd(from, to))
            {
                result.AddError($"{name} names the source's database {from} twice.\nKeys can go to one place alone.");
                return null;
            }
        }

        return new DatabaseMap(targets);
    }
}
