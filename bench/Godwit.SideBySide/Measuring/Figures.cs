namespace Godwit.SideBySide.Measuring;

/// <summary>Processor time and memory that one side of a run took.</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="PeakMemory">The most resident memory, in bytes.</param>
internal readonly record struct Usage(TimeSpan Cpu, long PeakMemory);

/// <summary>What was measured of one run.</summary>
/// <param name="Wall">From the start to the end of the whole process, or of the whole replication.</param>
internal sealed record Figures(TimeSpan Wall)
{
    /// <summary>The program's own; null where the servers do it among themselves.</summary>
    public Usage? Own { get; init; }

    /// <summary>The source server's; null where there is none.</summary>
    public Usage? Source { get; init; }

    /// <summary>The target server's; null where there is none.</summary>
    public Usage? Target { get; init; }

    /// <summary>The longest that the target took to answer a PING; null where that was not looked at.</summary>
    public TimeSpan? WorstPing { get; init; }
}
