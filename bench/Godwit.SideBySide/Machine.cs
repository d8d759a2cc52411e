using System.Globalization;
using System.Runtime.InteropServices;

namespace Godwit.SideBySide;

/// <summary>What the results were measured on.</summary>
/// <param name="Processor">The processor's model.</param>
/// <param name="Cores">How many of them this process may use.</param>
/// <param name="Memory">In bytes.</param>
/// <param name="Kernel">Name and version.</param>
/// <param name="Load">Processes that wanted to run, as an average of the minute before the start: at best near 0.</param>
internal sealed record Machine(string Processor, int Cores, long Memory, string Kernel, double Load)
{
    /// <summary>The runtime that the program runs on.</summary>
    public string Runtime { get; } = RuntimeInformation.FrameworkDescription;

    public static Machine Find()
    {
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        return new Machine(
            Processor: Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.OSArchitecture.ToString(),
            Cores: Environment.ProcessorCount,
            Memory: Kibibytes(Field("/proc/meminfo", "MemTotal")),
            Kernel: $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
            Load: double.Parse(load, CultureInfo.InvariantCulture)
        );
    }

    // On some processors /proc/cpuinfo has no model name.
    private static string? Field(string file, string name) =>
        File.ReadLines(file)
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
            .FirstOrDefault();

    private static long Kibibytes(string? text) =>
        long.Parse(text?.Split(' ')[0] ?? "0", CultureInfo.InvariantCulture) * 1024;
}
