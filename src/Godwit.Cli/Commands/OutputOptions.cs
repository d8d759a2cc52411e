using System.CommandLine;
using Godwit.Cli.Output;
using Godwit.Cli.Usage;

namespace Godwit.Cli.Commands;

/// <summary>The options that say what a command shows.</summary>
internal sealed class OutputOptions
{
    private readonly Option<bool> _json = OptionKinds.Flag(
        "--json",
        "Write one JSON object to standard output at the end, and nothing else there."
    );

    private readonly Option<ProgressMode> _progress = OptionKinds.Choice(
        "--progress",
        "Progress on standard error: a bar on a terminal, a line every 10 seconds elsewhere. auto: not with --quiet.",
        ProgressMode.Auto,
        ("auto", ProgressMode.Auto),
        ("always", ProgressMode.Always),
        ("never", ProgressMode.Never)
    );

    private readonly Option<bool> _quiet = OptionKinds.Flag("--quiet", "Say nothing but errors.");

    private readonly Option<bool> _verbose = OptionKinds.Flag("--verbose", "Show stack traces with errors.");

    private readonly Option<LogFormat> _logFormat = OptionKinds.Choice(
        "--log-format",
        "Log lines on standard error as words, or as one JSON object a line.",
        LogFormat.Text,
        ("text", LogFormat.Text),
        ("json", LogFormat.Json)
    );

    /// <summary>As help shows them.</summary>
    public OptionGroup Group =>
        new("Output", [_json, _progress, _quiet, _verbose, _logFormat, CommandLineReader.CreateHelpOption()]);

    /// <summary>What the user chose.</summary>
    public OutputSettings Read(ParseResult parsed) =>
        new()
        {
            Json = parsed.GetValue(_json),
            Progress = parsed.GetValue(_progress),
            Quiet = parsed.GetValue(_quiet),
            Verbose = parsed.GetValue(_verbose),
            LogFormat = parsed.GetValue(_logFormat),
        };
}
