using System.CommandLine;
using Godwit.Cli.Output;
using Godwit.Cli.Usage;
using Godwit.Migration;
using Godwit.Planning;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit plan</c>: what a migration would meet, touching nothing.</summary>
internal sealed class PlanCommand(Func<MigrationOptions, IPlanRun> createPlan) : CliCommand
{
    private readonly MigrateOptionSet _options = new();
    private readonly AccessOptions _access = new();
    private readonly OutputOptions _output = new();

    /// <inheritdoc/>
    public override string Name => "plan";

    /// <inheritdoc/>
    public override string Summary => "Says what a migration would meet, and how long it would take. Touches nothing.";

    /// <inheritdoc/>
    public override string Usage => "godwit plan SOURCE... TARGET [OPTIONS]";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Description)> Operands =>
        [("SOURCE, TARGET", "As godwit migrate takes them: write plan instead of migrate, and run it.")];

    /// <inheritdoc/>
    public override IReadOnlyList<OptionGroup> OptionGroups
    {
        get
        {
            foreach (var option in _options.Groups.SelectMany(group => group.Options))
                option.Hidden = true;
            // A plan takes a few seconds; the option is taken so that migrate's command line can be planned as it is.
            foreach (var option in _output.Group.Options.Where(option => option.Name == "--progress"))
                option.Hidden = true;
            return
            [
                new(
                    "What would be done",
                    [.. _options.Groups.SelectMany(group => group.Options)],
                    "All options of godwit migrate, with the same meaning: godwit migrate --help. They say what is planned; "
                        + "nothing of it is done."
                ),
                _access.Group,
                _output.Group with
                {
                    Note =
                        "Exit code 0 means that nothing stands in the way, warnings or not; 3 that the migration would be "
                        + "refused.",
                },
            ];
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        ["godwit plan redis://old:6379 redis://new:6379", "godwit plan redis://old redis://new --read scan --json"];

    /// <inheritdoc/>
    public override string JsonOfUsageError(string message, string? whatToDo) => PlanJson.NotBegun(message, whatToDo);

    /// <inheritdoc/>
    public override Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings)
    {
        var errors = new List<UsageError>();
        var settings = _output.Read(parsed);
        var options = Bind(parsed, surroundings, errors);
        return options is null
            ? throw new UsageException(errors)
            : new PlanSession(surroundings, createPlan).RunAsync(options, settings);
    }

    private MigrationOptions? Bind(ParseResult parsed, Surroundings surroundings, List<UsageError> errors)
    {
        var words = parsed.GetValue(Words) ?? [];
        if (words.Length < 2)
        {
            var missing =
                words.Length == 0
                    ? "SOURCE and TARGET are missing."
                    : "TARGET is missing: there is one word where two belong.";
            errors.Add(new UsageError(missing, $"Write {Usage}."));
            return null;
        }

        var (sources, target) = _access.Read(parsed, words[..^1], words[^1], surroundings.Environment, errors);
        if (sources is null || target is null)
            return null;
        var options = _options.Read(parsed, sources, target, errors);
        return errors.Count == 0 ? options : null;
    }
}
