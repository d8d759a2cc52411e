namespace Godwit.Benchmarks;

/// <summary>What results depend on beside the machine.</summary>
/// <param name="Revision">What the program was built from.</param>
/// <param name="Start">When the measuring began.</param>
/// <param name="Load">Processes that wanted to run in the minute before, on average: with more than 0.5 or so, results are noise.</param>
internal sealed record MeasuredOn(string Revision, DateTimeOffset Start, string Load)
{
    public static MeasuredOn Now(string revision, TimeProvider clock) =>
        new(revision, clock.GetLocalNow(), File.ReadAllText("/proc/loadavg").Split(' ')[0]);
}
