using System.Diagnostics;
using System.Globalization;

namespace Godwit.IntegrationTests.Servers;

/// <summary>A server's process, which dies with the test, however that ends.</summary>
/// <remarks>
/// Between the two stands a shell that waits for the end of its standard input, a pipe which the kernel closes when the
/// test process dies, killed or not. Should that shell be killed, the kernel kills the server (PR_SET_PDEATHSIG). The
/// signal alone would not do: it is tied to the thread that starts a process, and .NET's pool ends its threads as it likes.
/// </remarks>
internal sealed class ServerProcess : IAsyncDisposable
{
    // The shell goes on as soon as one of the two ends, the server or the pipe, and ends the other. It collects both, as
    // the first process of a container often does not. With job control (set -m) each of the two is a process group of
    // its own, so that a server's saving child dies with it, and %1 is never a process id that is somebody else's by now.
    // The server holds the shell's standard output open as its descriptor 4, so that the end of that output is the end
    // of the server.
    private const string Supervise = """
        set -m
        log=$1; shift
        exec 3<&0
        setpriv --pdeathsig KILL "$@" </dev/null 3<&- 4>&1 >"$log" 2>&1 &
        echo $!
        setpriv --pdeathsig KILL cat <&3 >/dev/null &
        # The shell would report what it killed.
        exec 2>/dev/null
        wait -n
        kill -KILL %1 %2
        wait
        """;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Process _supervisor;
    private readonly string _logFile;

    private ServerProcess(Process supervisor, int id, string logFile)
    {
        _supervisor = supervisor;
        Id = id;
        _logFile = logFile;
    }

    /// <summary>The id of the server's own process.</summary>
    public int Id { get; }

    public static async Task<ServerProcess> StartAsync(string program, IReadOnlyList<string> arguments, string logFile)
    {
        var supervisor = Process.Start(
            new ProcessStartInfo("bash", ["-c", Supervise, "supervise", logFile, program, .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        var processId = await supervisor.StandardOutput.ReadLineAsync();
        return new(supervisor, int.Parse(processId!, CultureInfo.InvariantCulture), logFile);
    }

    /// <summary>What it wrote so far.</summary>
    public string Log() => File.Exists(_logFile) ? File.ReadAllText(_logFile) : "";

    /// <summary>Waits until the log holds a line that says so, and the server answers.</summary>
    /// <exception cref="ServerStartException">It ended, or did not answer for a minute.</exception>
    public async Task WaitUntilReadyAsync(string name, string logLine, Func<bool> answers)
    {
        var clock = Stopwatch.StartNew();
        // A port that answers could be another's; what stands in the log is this server's own.
        while (!Log().Contains(logLine, StringComparison.Ordinal) || !answers())
        {
            if (_supervisor.HasExited)
                throw new ServerStartException($"{name} ended at its start:\n{Log()}");
            if (clock.Elapsed > StartTimeout)
            {
                throw new ServerStartException($"{name} does not answer after {StartTimeout.TotalSeconds} s:\n{Log()}");
            }

            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends a signal, such as STOP or CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Kills the server, as a crash would, and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        _supervisor.StandardInput.Close();
        await _supervisor.StandardOutput.ReadToEndAsync();
        await _supervisor.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _supervisor.Dispose();
    }
}
