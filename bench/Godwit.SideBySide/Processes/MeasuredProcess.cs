using System.Diagnostics;

namespace Godwit.SideBySide.Processes;

/// <summary>What a process did, from its start to its end.</summary>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Wall">Time that passed.</param>
/// <param name="Cpu">Its processor time, and that of the children it waited for.</param>
/// <param name="PeakMemory">The most memory it had, in bytes.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ProcessOutcome(
    int ExitCode,
    TimeSpan Wall,
    TimeSpan Cpu,
    long PeakMemory,
    string Output,
    string Error
);

/// <summary>Runs a program and measures it. One at a time: the processor time is told of all children together.</summary>
internal static class MeasuredProcess
{
    // The peak only grows, so what counts is the last look before the end. Looking costs some 50 µs.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    public static async Task<ProcessOutcome> RunAsync(
        string directory,
        string program,
        string[] arguments,
        CancellationToken cancellationToken
    )
    {
        var cpu = ChildrenCpu.Total;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = directory,
            }
        )!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var peak = WatchPeakAsync(process.Id, ended.Token);
            await process.WaitForExitAsync(cancellationToken);
            clock.Stop();
            await ended.CancelAsync();
            return new ProcessOutcome(
                process.ExitCode,
                clock.Elapsed,
                ChildrenCpu.Total - cpu,
                await peak,
                await output,
                await error
            );
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    private static async Task<long> WatchPeakAsync(int processId, CancellationToken ended)
    {
        var peak = 0L;
        while (!ended.IsCancellationRequested && ProcessMemory.TryPeak(processId) is { } now)
        {
            peak = now;
            await Task.Delay(LookEvery, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return peak;
    }
}
