using System.Globalization;
using Godwit.Migration;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Godwit.Dynomite;

/// <summary>
/// Reads YAML of one root with settings below it, each one value or a list of them. Whatever is deeper belongs to nothing that
/// we need and is passed over, event by event: neither its depth nor its aliases can cost more than reading it.
/// </summary>
internal static class FlatYaml
{
    // What the parser does for each bracket grows with those around it; a configuration has hardly any.
    private const int MostBrackets = 1000;

    /// <summary>The settings below the root, each with its values.</summary>
    /// <exception cref="RefusedException">It is no YAML, lacks the root, or names a setting twice.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(string text, string root, string file)
    {
        if (text.AsSpan().Count('[') + text.AsSpan().Count('{') > MostBrackets)
            throw NoRoot(root, file);

        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _) || !parser.TryConsume<MappingStart>(out _))
                throw NoRoot(root, file);

            while (parser.TryConsume<Scalar>(out var name))
            {
                if (name.Value == root && parser.TryConsume<MappingStart>(out _))
                    return Settings(parser, file);
                parser.SkipThisAndNestedEvents();
            }

            throw NoRoot(root, file);
        }
        catch (YamlException exception)
        {
            var line = exception.Start.Line.ToString(CultureInfo.InvariantCulture);
            throw new RefusedException(
                $"{file} is no YAML that Godwit can read, about line {line}",
                "Give the node's own configuration file, as Dynomite reads it.",
                exception
            );
        }
    }

    private static Dictionary<string, IReadOnlyList<string>> Settings(Parser parser, string file)
    {
        var settings = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        while (parser.TryConsume<Scalar>(out var name))
        {
            if (!settings.TryAdd(name.Value, Values(parser)))
            {
                throw new RefusedException(
                    $"{name.Value} stands twice in {file}, and nobody knows which one holds",
                    "Remove one of them."
                );
            }
        }

        parser.Consume<MappingEnd>();
        return settings;
    }

    private static List<string> Values(Parser parser)
    {
        var values = new List<string>();
        if (parser.TryConsume<Scalar>(out var only))
        {
            // Nothing behind the colon.
            if (only.Value.Length > 0 || only.IsQuotedImplicit)
                values.Add(only.Value);
            return values;
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            parser.SkipThisAndNestedEvents();
            return values;
        }

        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var one))
                values.Add(one.Value);
            else
                parser.SkipThisAndNestedEvents();
        }

        return values;
    }

    private static RefusedException NoRoot(string root, string file) =>
        new(
            $"{file} has no {root}: it is no configuration of a Dynomite node",
            "Give the node's own configuration file."
        );
}
