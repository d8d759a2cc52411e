using System.CommandLine;
using Godwit.Cli.Output;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit migrate</c>: copies everything, then stops.</summary>
internal sealed class MigrateCommand(Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun) : CliCommand
{
    private readonly MigrateOptionSet _options = new();
    private readonly AccessOptions _access = new();
    private readonly OutputOptions _output = new();

    /// <inheritdoc/>
    public override string Name => "migrate";

    /// <inheritdoc/>
    public override string Summary => "Copies everything that a Redis server or an RDB file holds into a target.";

    /// <inheritdoc/>
    public override string Usage => "godwit migrate SOURCE... TARGET [OPTIONS]";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Description)> Operands =>
        [
            (
                "SOURCE",
                "redis://[[USER]:PASSWORD@]HOST[:6379][/DB], rediss://... for TLS, unix:///PATH[?db=N], "
                    + "or RDB files: paths, directories, globs, - for standard input; as many as you like, read in their "
                    + "order. Without DB: all databases."
            ),
            (
                "TARGET",
                "A server as above, or json:PATH for one JSON document a key, one a line (json:- for standard output)."
            ),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<OptionGroup> OptionGroups => [.. _options.Groups, _access.Group, _output.Group];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        [
            "godwit migrate redis://old:6379 redis://new:6379",
            "godwit migrate /backups/dump.rdb redis://new:6379 --on-existing replace",
            "godwit migrate dump-*.rdb redis://new:6379 --max-keys-per-second 20000",
            "godwit migrate rediss://old redis://new --source-password-file old.pw",
            "godwit migrate redis://old/0 json:keys.ndjson --json",
            "godwit migrate redis://old redis://new --retry godwit-errors.ndjson",
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> LaterOptions =>
        [
            "--live",
            "--follow",
            "--until",
            "--match",
            "--exclude",
            "--match-regex",
            "--type",
            "--db",
            "--slots",
            "--min-size",
            "--max-size",
            "--rename",
            "--add-prefix",
            "--strip-prefix",
            "--map-db",
            "--ttl",
            "--spool",
            "--max-disk",
            "--state",
            "--resume",
            "--config",
        ];

    /// <inheritdoc/>
    public override string JsonOfUsageError(string message, string? whatToDo) =>
        MigrationJson.NotBegun(message, whatToDo);

    /// <inheritdoc/>
    public override Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings)
    {
        var errors = new List<UsageError>();
        var settings = _output.Read(parsed);
        var options = Bind(arguments, parsed, settings, surroundings, errors);
        return options is null
            ? throw new UsageException(errors)
            : new MigrationSession(surroundings, createRun).RunAsync(options, settings);
    }

    private MigrationOptions? Bind(
        IReadOnlyList<string> arguments,
        ParseResult parsed,
        OutputSettings settings,
        Surroundings surroundings,
        List<UsageError> errors
    )
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

        var (source, target) = _access.Read(parsed, words[..^1], words[^1], surroundings.Environment, errors);
        if (source is null || target is null)
            return null;

        if (settings.Json && target is JsonEndpoint { Path: JsonEndpoint.StandardOutput })
            errors.Add(
                new UsageError("json:- and --json both want standard output.", "Write json:PATH, or leave --json out.")
            );
        var options = _options.Read(parsed, source, target, errors) with { CommandLine = ShellText.Of(arguments) };
        return errors.Count == 0 ? options : null;
    }
}
