using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Godwit.Cli.Demo;

/// <summary>A program that starts a server.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Product"><c>redis</c> or <c>valkey</c>.</param>
/// <param name="Version">Its own version.</param>
internal sealed partial record ServerProgram(string Path, string Product, Version Version)
{
    // XINFO STREAM FULL, by which streams are compared, came with it.
    private static readonly Version Oldest = new(6, 0);

    /// <summary>Such as <c>redis 8.0.2</c>.</summary>
    public string DisplayName => $"{Product} {Version}";

    /// <summary>Asks a program for its version. Null where it does not run, or is nothing that the demo can use.</summary>
    public static async Task<ServerProgram?> AskAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return null;

        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(path, ["--version"])
                {
                    UseShellExecute = false,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var text = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return Parse(path, text);
        }
        catch (Exception exception) when (exception is Win32Exception or UnauthorizedAccessException)
        {
            // A directory, a file without the right to run it, a program for another processor.
            return null;
        }
    }

    /// <summary>Reads what <c>--version</c> says: <c>Redis server v=8.0.2 sha=00000000:0 malloc=…</c>.</summary>
    internal static ServerProgram? Parse(string path, string text)
    {
        var match = VersionLine().Match(text);
        return match.Success && Version.TryParse(match.Groups["version"].Value, out var version) && version >= Oldest
            ? new ServerProgram(path, match.Groups["product"].Value is "Redis" ? "redis" : "valkey", version)
            : null;
    }

    [GeneratedRegex(
        @"^(?<product>Redis|Valkey) server v=(?<version>[0-9.]+)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex VersionLine();
}
