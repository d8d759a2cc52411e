using System.CommandLine;
using Godwit.Cli.Output;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit migrate</c>: copies everything, then stops or follows.</summary>
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
                "redis://[[USER]:PASSWORD@]HOST[:6379][/DB], rediss://... for TLS, "
                    + "redis+sentinel://HOST,HOST/SERVICE[/DB], unix:///PATH[?db=N], "
                    + "dynomite:///PATH/conf.yml or dynomite://HOST[:22222] for all Redis nodes of one rack of a Dynomite "
                    + "cluster, or RDB files: paths, directories, globs, - for standard input. As many as you like: servers are read "
                    + "side by side, files one after another in their order. Without DB: all databases."
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
            "godwit migrate redis://a redis://b redis://c redis://new --on-existing skip",
            "godwit migrate rediss://old redis://new --source-password-file old.pw",
            "godwit migrate redis://old/0 json:keys.ndjson --json",
            "godwit migrate redis://old redis://new --live --until caught-up",
            "godwit migrate redis://old redis://new --retry godwit-errors.ndjson",
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> LaterOptions =>
        [
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
            "--ttl",
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

        var (sources, target) = _access.Read(parsed, words[..^1], words[^1], surroundings.Environment, errors);
        if (sources is null || target is null)
            return null;

        if (settings.Json && target is JsonEndpoint { Path: JsonEndpoint.StandardOutput })
            errors.Add(
                new UsageError("json:- and --json both want standard output.", "Write json:PATH, or leave --json out.")
            );
        var options = _options.Read(parsed, sources, target, errors) with { CommandLine = ShellText.Of(arguments) };
        return errors.Count == 0 ? options : null;
    }
}
