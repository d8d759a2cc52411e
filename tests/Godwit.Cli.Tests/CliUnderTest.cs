using System.Runtime.InteropServices;
using System.Text;
using Godwit.Migration;
using Godwit.Planning;
using Godwit.Verification;

namespace Godwit.Cli;

/// <summary>The whole program in this process, with a migration that the test plays.</summary>
internal sealed class CliUnderTest
{
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal) { ["TERM"] = "xterm" };

    /// <summary>What a run does; by default it is done at once.</summary>
    public Func<FakeRun, CancellationToken, Task<MigrationReport>> Run { get; set; } =
        (run, _) => Task.FromResult(run.Report());

    /// <summary>What a plan finds; by default nothing that stands in the way.</summary>
    public Func<CancellationToken, Task<PlanReport>> Plan { get; set; } = _ => Task.FromResult(PlanReports.Ok);

    /// <summary>What a comparison comes to; by default all is equal.</summary>
    public Func<VerificationOptions, CancellationToken, Task<VerificationReport>> Verify { get; set; } =
        (options, _) => Task.FromResult(FakeVerification.Report(options));

    public bool IsTerminal { get; set; }

    public int Columns { get; set; } = 80;

    /// <summary>Standard output is on a full disk.</summary>
    public bool IsOutputFull { get; set; }

    /// <summary>Standard error is on a full disk.</summary>
    public bool IsErrorFull { get; set; }

    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>What the program made of the command line; null if no run began.</summary>
    public MigrationOptions? Options { get; private set; }

    /// <summary>What the program made of the command line of a comparison; null if none began.</summary>
    public VerificationOptions? Verification { get; private set; }

    /// <summary>Exit codes by which the program asked to end at once.</summary>
    public List<int> Exits { get; } = [];

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    /// <summary>Sends a signal to the program.</summary>
    public Action<PosixSignal> Signal { get; private set; } =
        _ => throw new InvalidOperationException("Nobody listens for signals.");

    public Task<int> RunAsync(params string[] arguments)
    {
        var surroundings = new Surroundings
        {
            Output = IsOutputFull ? new FullWriter() : TextWriter.Synchronized(new StringWriter(_output)),
            Error = IsErrorFull ? new FullWriter() : TextWriter.Synchronized(new StringWriter(_error)),
            OutputIsTerminal = IsTerminal,
            ErrorIsTerminal = IsTerminal,
            Columns = () => Columns,
            Environment = Environment.GetValueOrDefault,
            ListenForSignals = action =>
            {
                Signal = action;
                return new MemoryStream();
            },
            ExitNow = Exits.Add,
            TimeProvider = TimeProvider,
        };
        return new GodwitApp(
            surroundings,
            (options, log) =>
            {
                Options = options;
                return new FakeRun(options, log, Run);
            },
            options =>
            {
                Options = options;
                return new FakePlan(Plan);
            },
            (options, log) =>
            {
                Verification = options;
                return new FakeVerification(options, Verify);
            }
        ).RunAsync(arguments);
    }

    private sealed class FullWriter : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device.");

        public override void Write(string? value) => throw new IOException("No space left on device.");

        public override void WriteLine(string? value) => throw new IOException("No space left on device.");
    }
}
