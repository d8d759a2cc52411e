using System.Runtime.InteropServices;
using Godwit.Cli.Output;

namespace Godwit.Cli;

/// <summary>The first SIGINT, SIGTERM or SIGHUP stops in order, the second ends the process at once, unless it is SIGHUP.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Surroundings _surroundings;
    private readonly StandardErrorLog _log;
    private readonly IDisposable _listening;
    private int _exitCode;

    public StopSignals(Surroundings surroundings, StandardErrorLog log)
    {
        _surroundings = surroundings;
        _log = log;
        _listening = surroundings.ListenForSignals(Receive);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>What the process ends with when it was stopped: 130, 143 or 129.</summary>
    public int ExitCode => Volatile.Read(ref _exitCode) is var code and not 0 ? code : Cli.ExitCode.Interrupted;

    public void Dispose()
    {
        _listening.Dispose();
        _stop.Dispose();
    }

    private void Receive(PosixSignal signal)
    {
        var code = signal switch
        {
            PosixSignal.SIGTERM => Cli.ExitCode.Terminated,
            PosixSignal.SIGHUP => Cli.ExitCode.HungUp,
            _ => Cli.ExitCode.Interrupted,
        };
        if (Interlocked.CompareExchange(ref _exitCode, code, 0) == 0)
        {
            var again = signal == PosixSignal.SIGHUP ? "Send SIGTERM" : "Send it again";
            _log.Info($"{signal}: stopping in order. {again} to end at once.");
            Cancel();
            return;
        }

        // The shell says so, and then the system: that is nobody who has lost patience.
        if (signal == PosixSignal.SIGHUP)
            return;

        _log.Rows.End();
        _surroundings.ExitNow(code);
    }

    private void Cancel()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended while the signal came in: there is nothing left to stop.
        }
    }
}
