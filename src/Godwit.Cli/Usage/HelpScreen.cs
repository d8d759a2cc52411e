using System.CommandLine;
using Godwit.Cli.Commands;
using Godwit.Cli.Terminal;

namespace Godwit.Cli.Usage;

/// <summary>Help, 80 columns wide whatever the terminal, so that it reads the same in a manual.</summary>
internal static class HelpScreen
{
    private const int Columns = 80;
    private const int NameColumns = 26;

    /// <summary>What <c>godwit --help</c> shows.</summary>
    public static void WriteOverview(TextWriter writer, IReadOnlyList<CliCommand> commands)
    {
        writer.WriteLine("Godwit moves Redis without downtime, and accounts for every key.");
        writer.WriteLine();
        writer.WriteLine("Usage: godwit COMMAND [OPTIONS]");
        writer.WriteLine();
        writer.WriteLine("Commands:");
        foreach (var command in commands)
            WriteRow(writer, command.Name, command.Summary);
        writer.WriteLine();
        writer.WriteLine("Options:");
        WriteRow(writer, "-h, --help", "Show this, or a command's own help.");
        WriteRow(writer, "    --version", "Show the version.");
        writer.WriteLine();
        writer.WriteLine("Examples:");
        foreach (var example in commands.SelectMany(command => command.Examples.Take(1)))
            writer.WriteLine($"  {example}");
    }

    /// <summary>What <c>godwit COMMAND --help</c> shows.</summary>
    public static void Write(TextWriter writer, CliCommand command)
    {
        foreach (var line in Words.Wrap(command.Summary, Columns))
            writer.WriteLine(line);
        writer.WriteLine();
        writer.WriteLine($"Usage: {command.Usage}");
        if (command.Operands.Count > 0)
        {
            writer.WriteLine();
            foreach (var (name, description) in command.Operands)
                WriteRow(writer, name, description);
        }

        foreach (var group in command.OptionGroups)
        {
            writer.WriteLine();
            writer.WriteLine($"{group.Title}:");
            foreach (var option in group.Options.Where(option => !option.Hidden))
                WriteRow(writer, Name(option), option.Description ?? "");
            foreach (var line in Words.Wrap(group.Note ?? "", Columns - 2))
                writer.WriteLine($"  {line}");
        }

        writer.WriteLine();
        writer.WriteLine("Examples:");
        foreach (var example in command.Examples)
            writer.WriteLine($"  {example}");
    }

    private static string Name(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name));
        return option.HelpName is null ? names : $"{names} {option.HelpName}";
    }

    private static void WriteRow(TextWriter writer, string name, string description)
    {
        var lines = Words.Wrap(description, Columns - NameColumns).ToList();
        // Two spaces keep a name apart from its description.
        if (name.Length + 4 > NameColumns)
        {
            writer.WriteLine($"  {name}");
            name = "";
        }

        for (var i = 0; i < lines.Count; i++)
            writer.WriteLine($"{(i == 0 ? $"  {name}" : "").PadRight(NameColumns)}{lines[i]}");
    }
}
