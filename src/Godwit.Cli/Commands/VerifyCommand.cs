using System.CommandLine;
using Godwit.Cli.Output;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Verification;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit verify</c>: are they the same?</summary>
internal sealed class VerifyCommand(Func<VerificationOptions, IMigrationLog, IVerificationRun> createRun) : CliCommand
{
    private readonly VerifyOptionSet _options = new();
    private readonly AccessOptions _access = new();
    private readonly OutputOptions _output = new();

    /// <inheritdoc/>
    public override string Name => "verify";

    /// <inheritdoc/>
    public override string Summary => "Compares a source with a target, both ways, and repairs what differs.";

    /// <inheritdoc/>
    public override string Usage => "godwit verify SOURCE... TARGET [OPTIONS]";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Description)> Operands =>
        [
            (
                "SOURCE",
                "What is right: redis://[[USER]:PASSWORD@]HOST[:6379][/DB], rediss://... for TLS, unix:///PATH[?db=N], "
                    + "redis+sentinel://, dynomite:///conf.yml, or RDB files: paths, directories, globs. A node of a cluster "
                    + "stands for all of it. Several are compared together. Without DB: all databases."
            ),
            ("TARGET", "What is to be like it: a server or an RDB file as above."),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<OptionGroup> OptionGroups => [.. _options.Groups, _access.Group, _output.Group];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        [
            "godwit verify redis://old:6379 redis://new:6379",
            "godwit verify redis://old redis://new --report differences.ndjson",
            "godwit verify redis://old redis://new --repair --delete-extra",
            "godwit verify redis://old redis://new --against-report differences.ndjson",
            "godwit verify redis://old redis://new --sample 1",
            "godwit verify redis://a redis://b redis://node-of-a-cluster:7000",
            "godwit verify /backups/dump.rdb redis://new:6379",
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
        VerificationJson.NotBegun(message, whatToDo);

    /// <inheritdoc/>
    public override Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings)
    {
        var errors = new List<UsageError>();
        var words = parsed.GetValue(Words) ?? [];
        if (words.Length < 2)
        {
            var missing =
                words.Length == 0
                    ? "SOURCE and TARGET are missing."
                    : "TARGET is missing: there is one word where two belong.";
            throw new UsageException([new UsageError(missing, $"Write {Usage}.")]);
        }

        // A file can be compared with on either side: neither is written to by itself.
        var (sources, target) = _access.Read(
            parsed,
            words[..^1],
            words[^1],
            surroundings.Environment,
            errors,
            targetRole: EndpointRole.Source
        );
        if (sources is not null && target is not null)
            ComparableSides.Check(sources, target, errors);
        var options = sources is null || target is null ? null : _options.Read(parsed, sources, target, errors);
        return options is null || errors.Count > 0
            ? throw new UsageException(errors)
            : new VerificationSession(surroundings, createRun).RunAsync(options, _output.Read(parsed));
    }
}
