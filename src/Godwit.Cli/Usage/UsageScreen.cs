using Godwit.Cli.Terminal;

namespace Godwit.Cli.Usage;

/// <summary>Shows what is wrong with a command line, with carets under the word that is.</summary>
internal static class UsageScreen
{
    /// <param name="writer">Standard error.</param>
    /// <param name="ink">For the words "error" and the carets.</param>
    /// <param name="command">The command's name; null for none.</param>
    /// <param name="errors">All that was found.</param>
    public static void Write(TextWriter writer, Ink ink, string? command, IReadOnlyList<UsageError> errors)
    {
        var program = command is null ? "godwit" : $"godwit {command}";
        foreach (var error in errors)
        {
            writer.WriteLine($"{ink.Red("error:")} {error.Message}");
            if (error.Token is not null)
                Point(writer, ink, program, error);
            if (error is { Token: not null, Hint: not null })
                writer.WriteLine();
            if (error.Hint is not null)
                writer.WriteLine(error.Hint);
            writer.WriteLine();
        }

        writer.WriteLine($"'{program} --help' shows what there is.");
    }

    /// <summary>
    /// The rest of the line is left out: it is long, and what somebody mistook for a password's option stands there too.
    /// </summary>
    private static void Point(TextWriter writer, Ink ink, string program, UsageError error)
    {
        var isCommand = program is "godwit";
        var start = $"  {program} {(isCommand ? "" : "… ")}{(error.Before is null ? "" : $"{error.Before} ")}";
        writer.WriteLine();
        writer.WriteLine($"{start}{error.Token}");
        writer.WriteLine($"{new string(' ', start.Length)}{ink.Red(new string('^', error.Token!.Length))}");
    }
}
