using Godwit.Migration;

namespace Godwit.Cli.Commands;

/// <summary>The commands of this version, and the names of those to come.</summary>
internal static class CommandList
{
    /// <summary>Known by name, so that nobody takes them for a typing mistake.</summary>
    public static readonly IReadOnlyList<string> Later = ["verify", "plan", "inspect", "proxy", "cutover", "status"];

    /// <summary>The commands of this version, in the order of the help screen.</summary>
    public static IReadOnlyList<CliCommand> Create(Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun) =>
        [new MigrateCommand(createRun)];
}
