using Godwit.Migration;
using Godwit.Verification;

namespace Godwit.Cli;

/// <summary>A comparison that a test plays.</summary>
internal sealed class FakeVerification(
    VerificationOptions options,
    Func<VerificationOptions, CancellationToken, Task<VerificationReport>> run
) : IVerificationRun
{
    public MigrationProgress Progress => new(default, 0, null, null, "comparing");

    public Task<VerificationReport> RunAsync(CancellationToken stop) => run(options, stop);

    public static VerificationReport Report(VerificationOptions options) =>
        new()
        {
            Status = VerificationStatus.Equal,
            Keys = new VerifiedKeys(1_234_000, 1_234_000, 0, 0, 0, 0, 0, 0, 0, 0),
            Functions = new VerifiedFunctions(2, 0, 0),
            Mode = options.Mode,
            SamplePercent = options.SamplePercent,
            Duration = TimeSpan.FromSeconds(10),
            Sources = [.. options.Sources.Select(source => new SourceReport($"{source}", "redis 7.0.15", "scan"))],
            Target = new SourceReport($"{options.Target}", "valkey 9.1.2", "scan"),
            ReportFile = options.ReportFile,
        };
}
