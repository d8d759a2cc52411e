using System.Runtime.InteropServices;
using System.Text;

namespace Godwit.Cli;

/// <summary>All that the program takes from the process around it, so that tests can give it another.</summary>
internal sealed record Surroundings
{
    /// <summary>Standard output: results alone.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard error: errors, log lines, progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard output is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Standard error is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of the terminal, asked for anew each time: users resize it.</summary>
    public Func<int> Columns { get; init; } = () => 80;

    /// <summary>An environment variable; null if it is not set.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>Calls back on SIGINT, SIGTERM and SIGHUP, which then do nothing else, until it is disposed of.</summary>
    public Func<Action<PosixSignal>, IDisposable> ListenForSignals { get; init; } = _ => NoSignals.Instance;

    /// <summary>Ends the process at once with an exit code.</summary>
    public Action<int> ExitNow { get; init; } = _ => { };

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Those of this process.</summary>
    public static Surroundings OfProcess() =>
        new()
        {
            Output = Buffered(Console.OpenStandardOutput()),
            Error = Buffered(Console.OpenStandardError()),
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Columns = () => Console.WindowWidth is var columns and > 0 ? columns : 80,
            Environment = System.Environment.GetEnvironmentVariable,
            ListenForSignals = action => new ProcessSignals(action),
            ExitNow = System.Environment.Exit,
        };

    // Console.Out would first read the terminal's description and set the terminal up: time that --version does not need.
    private static TextWriter Buffered(Stream stream) =>
        TextWriter.Synchronized(
            new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true }
        );

    private sealed class ProcessSignals(Action<PosixSignal> action) : IDisposable
    {
        private readonly PosixSignalRegistration _interrupt = Register(PosixSignal.SIGINT, action);
        private readonly PosixSignalRegistration _terminate = Register(PosixSignal.SIGTERM, action);

        // The terminal went away. Under nohup the signal is ignored, and stays so.
        private readonly PosixSignalRegistration _hangup = Register(PosixSignal.SIGHUP, action);

        public void Dispose()
        {
            _interrupt.Dispose();
            _terminate.Dispose();
            _hangup.Dispose();
        }

        private static PosixSignalRegistration Register(PosixSignal signal, Action<PosixSignal> action) =>
            PosixSignalRegistration.Create(
                signal,
                context =>
                {
                    context.Cancel = true;
                    action(context.Signal);
                }
            );
    }

    private sealed class NoSignals : IDisposable
    {
        public static readonly NoSignals Instance = new();

        public void Dispose() { }
    }
}
