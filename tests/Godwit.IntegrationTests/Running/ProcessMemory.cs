using System.Globalization;

namespace Godwit.IntegrationTests.Running;

/// <summary>Resident memory of a process, as proc(5) tells it. Linux alone has that.</summary>
internal static class ProcessMemory
{
    private const string PeakField = "VmHWM:";
    private const int BytesPerUnit = 1024;

    /// <summary>The most so far, in bytes; 0 of a process that has just ended.</summary>
    public static long Peak(int processId)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/status");
        try
        {
            var line = File.ReadLines(path)
                .FirstOrDefault(line => line.StartsWith(PeakField, StringComparison.Ordinal));
            return line is null
                ? 0
                : BytesPerUnit
                    * long.Parse(line[PeakField.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
