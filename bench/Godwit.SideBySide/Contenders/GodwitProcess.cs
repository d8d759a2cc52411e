using System.Text.Json;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Processes;

namespace Godwit.SideBySide.Contenders;

/// <summary>One run of <c>godwit migrate</c>, from the start of the process to its end.</summary>
internal static class GodwitProcess
{
    // Enough of what it said to know what went wrong.
    private const int ErrorLength = 600;

    /// <summary>Runs it, and holds it to its own account of the keys.</summary>
    /// <exception cref="BenchException">It has failed, or has not written every key.</exception>
    public static async Task<Figures> MigrateAsync(Setting setting, string[] ends, CancellationToken cancellationToken)
    {
        // What a job leaves behind, it leaves in the directory that it was started in.
        using var directory = setting.Directories.Create("godwit");
        var outcome = await MeasuredProcess.RunAsync(
            directory.Path,
            "dotnet",
            [setting.Godwit, "migrate", "--json", "--quiet", "--progress", "never", .. ends],
            cancellationToken
        );
        if (outcome.ExitCode != 0)
            throw new BenchException($"it ended with {outcome.ExitCode}: {Shortened(outcome)}");

        using var report = JsonDocument.Parse(outcome.Output);
        var written = report.RootElement.GetProperty("keys").GetProperty("written").GetInt64();
        if (written != setting.Keyspace.Keys)
            throw new BenchException($"it wrote {written} keys where the source holds {setting.Keyspace.Keys}");
        return new Figures(outcome.Wall) { Own = new Usage(outcome.Cpu, outcome.PeakMemory) };
    }

    private static string Shortened(ProcessOutcome outcome)
    {
        var text = $"{outcome.Error} {outcome.Output}".ReplaceLineEndings(" ").Trim();
        return text.Length <= ErrorLength ? text : text[..ErrorLength] + " …";
    }
}
