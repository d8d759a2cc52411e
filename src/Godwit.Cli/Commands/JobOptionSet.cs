using System.CommandLine;
using Godwit.Cli.Usage;

namespace Godwit.Cli.Commands;

/// <summary>The options of the commands that act on a live job in another process.</summary>
internal sealed class JobOptionSet
{
    /// <summary>Which job.</summary>
    public Option<string?> State { get; } =
        OptionKinds.Text("--state", "DIR", "The job's state directory.", "the jobs of ./.godwit");

    /// <summary>In which form it is told.</summary>
    public Option<bool> Json { get; } =
        OptionKinds.Flag("--json", "Write one JSON object to standard output, and nothing else there.");

    /// <summary>A word that belongs to no option is a mistake.</summary>
    public static void RefuseWords(CliCommand command, ParseResult parsed, List<UsageError> errors)
    {
        if (parsed.GetValue(command.Words) is [var word, ..])
        {
            errors.Add(
                new UsageError(
                    $"godwit {command.Name} takes no words.",
                    $"Did you mean --state {Endpoints.UriSecrets.Hide(word)}?",
                    Token: Endpoints.UriSecrets.Hide(word)
                )
            );
        }
    }
}
