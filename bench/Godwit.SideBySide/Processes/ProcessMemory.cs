using System.Globalization;

namespace Godwit.SideBySide.Processes;

/// <summary>Resident memory of a process, as proc(5) tells it.</summary>
/// <remarks>
/// Not from wait4: there a process that was started by vfork counts its parent's memory as its own, and this program is
/// larger than some of those it measures.
/// </remarks>
internal static class ProcessMemory
{
    private const string PeakField = "VmHWM:";
    private const int BytesPerUnit = 1024;

    /// <summary>The most so far, in bytes.</summary>
    /// <exception cref="BenchException">The process has ended.</exception>
    public static long Peak(int processId) =>
        TryPeak(processId) ?? throw new BenchException($"Process {processId} has ended before its time.");

    /// <summary>The most so far, in bytes; null if the process has ended.</summary>
    public static long? TryPeak(int processId)
    {
        try
        {
            foreach (var line in File.ReadLines(PathOf(processId, "status")))
            {
                if (!line.StartsWith(PeakField, StringComparison.Ordinal))
                    continue;
                var number = line[PeakField.Length..].Trim().Split(' ')[0];
                return long.Parse(number, CultureInfo.InvariantCulture) * BytesPerUnit;
            }

            // One that has ended and is not collected yet has no memory.
            return null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>True while the process has memory.</summary>
    public static bool IsAlive(int processId) => TryPeak(processId) is not null;

    /// <summary>Makes the present size the peak.</summary>
    public static void ResetPeak(int processId) => File.WriteAllText(PathOf(processId, "clear_refs"), "5");

    private static string PathOf(int processId, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{name}");
}
