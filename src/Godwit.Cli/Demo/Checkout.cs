using System.ComponentModel;
using System.Diagnostics;

namespace Godwit.Cli.Demo;

/// <summary>A checkout of Godwit's repository, whose script fetches servers.</summary>
/// <param name="Root">Its directory.</param>
internal sealed record Checkout(string Root)
{
    /// <summary>The servers that the demo would rather have, by the names that <c>eng/servers</c> gives them.</summary>
    public static readonly IReadOnlyList<string> Wanted = ["redis-8.0", "valkey-9.1"];

    private string Servers => Path.Combine(Root, "artifacts", "servers");

    /// <summary>The wanted servers are there already.</summary>
    public bool HasWanted => Wanted.All(name => File.Exists(ProgramOf(name)));

    /// <summary>The checkout that the running program was built in; null where it was installed.</summary>
    /// <param name="directory">Where the program lies.</param>
    public static Checkout? Above(string directory)
    {
        for (var at = directory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Godwit.slnx")) && File.Exists(Path.Combine(at, "eng", "servers")))
                return new Checkout(at);
        }

        return null;
    }

    /// <summary>What starts each server that is there: the wanted ones if both are, else all.</summary>
    public IReadOnlyList<string> Programs() =>
        HasWanted ? [.. Wanted.Select(ProgramOf)]
        : Directory.Exists(Servers) ? [.. Directory.EnumerateDirectories(Servers).Select(ProgramOf).Where(File.Exists)]
        : [];

    /// <summary>Runs <c>eng/servers</c> for the wanted ones.</summary>
    /// <param name="progress">Takes what the script says, line by line.</param>
    /// <param name="cancellationToken">Ends the script.</param>
    /// <returns>Null if all came; else the script's last words.</returns>
    public async Task<string?> FetchAsync(TextWriter progress, CancellationToken cancellationToken)
    {
        using var script = Start();
        if (script is null)
            return "eng/servers does not run on this machine";

        var last = "";
        try
        {
            while (await script.StandardError.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                last = line;
                await progress.WriteLineAsync($"     {line}").ConfigureAwait(false);
            }

            await script.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            script.Kill(entireProcessTree: true);
            throw;
        }

        return script.ExitCode == 0 ? null : last;
    }

    private string ProgramOf(string name) => Path.Combine(Servers, name, "run");

    private Process? Start()
    {
        try
        {
            // What it lists on standard output at the end is of no use here.
            return Process.Start(
                new ProcessStartInfo("bash", ["-c", "exec \"$0\" \"$@\" >/dev/null </dev/null", ScriptPath, .. Wanted])
                {
                    UseShellExecute = false,
                    RedirectStandardError = true,
                }
            );
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private string ScriptPath => Path.Combine(Root, "eng", "servers");
}
