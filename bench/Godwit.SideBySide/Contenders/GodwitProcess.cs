using System.Text.Json;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Processes;

namespace Godwit.SideBySide.Contenders;

/// <summary>One run of the program, from the start of the process to its end.</summary>
internal static class GodwitProcess
{
    // Enough of what it said to know what went wrong.
    private const int ErrorLength = 600;

    /// <summary>Migrates, and holds it to its own account of the keys.</summary>
    /// <exception cref="BenchException">It has failed, or has not written every key.</exception>
    public static Task<Figures> MigrateAsync(Setting setting, string[] ends, CancellationToken cancellationToken) =>
        RunAsync(setting, ["migrate", .. ends], "written", cancellationToken);

    /// <summary>Compares with the source, and holds it to its own account of the keys.</summary>
    /// <exception cref="BenchException">It has failed, or has not found every key equal.</exception>
    public static Task<Figures> VerifyAsync(Setting setting, string target, CancellationToken cancellationToken) =>
        RunAsync(setting, ["verify", setting.Source.Uri, target], "equal", cancellationToken);

    private static async Task<Figures> RunAsync(
        Setting setting,
        string[] command,
        string count,
        CancellationToken cancellationToken
    )
    {
        // What a job leaves behind, it leaves in the directory that it was started in.
        using var directory = setting.Directories.Create("godwit");
        var outcome = await MeasuredProcess.RunAsync(
            directory.Path,
            "dotnet",
            [setting.Godwit, .. command, "--json", "--quiet", "--progress", "never"],
            cancellationToken
        );
        if (outcome.ExitCode != 0)
            throw new BenchException($"it ended with {outcome.ExitCode}: {Shortened(outcome)}");

        using var report = JsonDocument.Parse(outcome.Output);
        var keys = report.RootElement.GetProperty("keys").GetProperty(count).GetInt64();
        if (keys != setting.Keyspace.Keys)
            throw new BenchException($"it counts {keys} keys {count} where the source holds {setting.Keyspace.Keys}");
        return new Figures(outcome.Wall) { Own = new Usage(outcome.Cpu, outcome.PeakMemory) };
    }

    private static string Shortened(ProcessOutcome outcome)
    {
        var text = $"{outcome.Error} {outcome.Output}".ReplaceLineEndings(" ").Trim();
        return text.Length <= ErrorLength ? text : text[..ErrorLength] + " …";
    }
}
