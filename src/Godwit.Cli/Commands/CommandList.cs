using Godwit.Cli.Usage;
using Godwit.Configuration;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Planning;
using Godwit.Verification;

namespace Godwit.Cli.Commands;

/// <summary>The commands of this version, and the names of those to come.</summary>
internal static class CommandList
{
    // Known by name, so that nobody takes them for a typing mistake.
    private static readonly string[] Later = ["inspect", "proxy", "cutover"];

    /// <summary>The commands of this version, in the order of the help screen.</summary>
    public static IReadOnlyList<CliCommand> Create(
        Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun,
        Func<MigrationOptions, IPlanRun> createPlan,
        Func<VerificationOptions, IMigrationLog, IVerificationRun> createVerification
    ) =>
        [
            new MigrateCommand(createRun),
            new VerifyCommand(createVerification),
            new PlanCommand(createPlan),
            new StatusCommand(),
            new StopCommand(),
            new DemoCommand(createRun),
        ];

    /// <summary>What is wrong with a first word that names no command.</summary>
    public static UsageError Unknown(string name, IReadOnlyList<CliCommand> commands)
    {
        var names = commands.Select(command => command.Name).ToList();
        var all = $"This version has {string.Join(", ", names)}.";
        if (Later.Contains(name, StringComparer.Ordinal))
            return new UsageError($"{name} is not in this version.", all, Token: name);

        if (name.StartsWith('-'))
        {
            var option = name.Split('=', 2)[0];
            var meant = Spelling.Nearest(option, ["--help", "--version"]);
            return new UsageError(
                $"There is no option {option} before the command.",
                meant is null ? $"Options stand behind the command: godwit {names[0]} ..." : $"Did you mean {meant}?",
                Token: option
            );
        }

        var nearest = Spelling.Nearest(name, [.. names, .. Later, "help"]);
        // A URI in the command's place may hold a password.
        var shown = UriSecrets.Hide(name);
        return new UsageError(
            $"There is no command {shown}.",
            nearest is null ? all : $"Did you mean {nearest}?",
            Token: shown
        );
    }
}
