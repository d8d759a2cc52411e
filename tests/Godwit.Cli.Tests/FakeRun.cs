using Godwit.Migration;

namespace Godwit.Cli;

/// <summary>A migration that a test plays.</summary>
internal sealed class FakeRun(
    MigrationOptions options,
    IMigrationLog log,
    Func<FakeRun, CancellationToken, Task<MigrationReport>> run
) : IMigrationRun
{
    public IMigrationLog Log => log;

    public MigrationProgress Progress { get; set; } = new(default, 0, null, null, "copying");

    public Task<MigrationReport> RunAsync(CancellationToken stop) => run(this, stop);

    public MigrationReport Report(MigrationStatus status = MigrationStatus.Completed, long failed = 0) =>
        new()
        {
            Status = status,
            Keys = new KeyCounts(Written: 1_234_000, Skipped: 0, Filtered: 0, Expired: 67, failed),
            BytesRead = 1_300_000_000,
            BytesWritten = 1_290_000_000,
            Duration = TimeSpan.FromSeconds(65),
            Sources = [.. options.Sources.Select(source => new SourceReport($"{source}", "redis 7.0.15", "sync"))],
            Target = new TargetReport($"{options.Target}", "valkey 9.1.2", "restore"),
            FunctionsWritten = 2,
            ErrorsFile = failed > 0 ? options.ErrorsFile : null,
        };

    public MigrationReport Refusal(Exception exception, string? whatToDo = "Start it, or check host and port.") =>
        new()
        {
            Status = MigrationStatus.Failed,
            Keys = default,
            BytesRead = 0,
            BytesWritten = 0,
            Duration = TimeSpan.FromSeconds(0.1),
            Sources = SourceReport.NotOpened(options.Sources),
            Target = new TargetReport($"{options.Target}", Server: null, Write: null),
            Failure = new MigrationFailure(exception.Message, whatToDo, BeforeFirstWrite: true, exception),
        };

    public MigrationReport BrokenOff() =>
        Report(MigrationStatus.Failed) with
        {
            Failure = new MigrationFailure(
                "The target closed the connection.",
                "What was written is safe: every reply was read.",
                BeforeFirstWrite: false,
                new IOException("reset")
            ),
            ResumeCommand = $"{options.CommandLine} --on-existing skip",
        };
}
