using System.CommandLine;
using Godwit.Cli.Demo;
using Godwit.Cli.Usage;
using Godwit.Migration;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit demo</c>: the main job on data of its own.</summary>
internal sealed class DemoCommand(Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun) : CliCommand
{
    private readonly Option<bool> _verbose = OptionKinds.Flag("--verbose", "Show stack traces with errors.");

    /// <inheritdoc/>
    public override string Name => "demo";

    /// <inheritdoc/>
    public override string Summary => "Shows a migration between two servers of its own, and compares both.";

    /// <inheritdoc/>
    public override string Usage => "godwit demo [OPTIONS]";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Description)> Operands => [];

    /// <inheritdoc/>
    public override IReadOnlyList<OptionGroup> OptionGroups =>
        [
            new(
                "Output",
                [_verbose, CommandLineReader.CreateHelpOption()],
                "Servers: redis-server and valkey-server on PATH; else those of the checkout's eng/servers, which are "
                    + "fetched if need be; else an RDB file that comes with Godwit goes into JSON. Exit code 0 means "
                    + "that everything arrived and is equal, 1 that something differs."
            ),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["godwit demo"];

    /// <inheritdoc/>
    public override Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings)
    {
        if (parsed.GetValue(Words) is { Length: > 0 })
            throw new UsageException([new UsageError("godwit demo takes no words.", $"Write {Usage}.")]);

        var checkout = Checkout.Above(AppContext.BaseDirectory);
        return new DemoSession(surroundings, createRun, checkout).RunAsync(parsed.GetValue(_verbose));
    }
}
