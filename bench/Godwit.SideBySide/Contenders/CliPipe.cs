using System.Globalization;
using System.Text.RegularExpressions;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Processes;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Contenders;

/// <summary>The server's own client, fed with ready-made RESTORE commands: nothing to read, nothing to encode.</summary>
internal sealed partial class CliPipe() : IntoServer(readsFromSource: false)
{
    public override string Name => ContenderNames.CliPipe;

    protected override async Task<Figures> MoveAsync(
        Setting setting,
        Server target,
        CancellationToken cancellationToken
    )
    {
        using var directory = setting.Directories.Create("pipe");
        var port = target.Port.ToString(CultureInfo.InvariantCulture);
        // The shell opens the file and becomes the client: so no pipe of ours stands between the two.
        var outcome = await MeasuredProcess.RunAsync(
            directory.Path,
            "sh",
            ["-c", "exec \"$1\" -p \"$2\" --pipe <\"$3\"", "pipe", setting.Program.Cli, port, setting.Files.Commands],
            cancellationToken
        );
        if (outcome.ExitCode != 0 || !NoErrors().IsMatch(outcome.Output))
            throw new BenchException($"it ended with {outcome.ExitCode}: {outcome.Output} {outcome.Error}".Trim());
        return new Figures(outcome.Wall) { Own = new Usage(outcome.Cpu, outcome.PeakMemory) };
    }

    [GeneratedRegex("^errors: 0, replies: [0-9]+", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NoErrors();
}
