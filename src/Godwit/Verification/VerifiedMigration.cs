using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Verification;

/// <summary>A migration, and when it has come to its end the comparison of what it was to make alike.</summary>
internal sealed class VerifiedMigration(
    MigrationOptions options,
    IMigrationRun migration,
    IMigrationLog log,
    TimeProvider timeProvider
) : IMigrationRun
{
    private volatile VerificationJob? _verification;

    /// <inheritdoc/>
    public MigrationProgress Progress => _verification?.Progress ?? migration.Progress;

    /// <inheritdoc/>
    public async Task<MigrationReport> RunAsync(CancellationToken stop)
    {
        var report = await migration.RunAsync(stop).ConfigureAwait(false);
        // What was stopped or broke off is known to be incomplete.
        if (report.Status is not (MigrationStatus.Completed or MigrationStatus.Partial))
            return report;

        var job = new VerificationJob(
            new VerificationOptions
            {
                Sources = SourceEndpoints.Combine(options.Sources),
                Target = options.Target,
                Databases = options.Databases,
                DynomiteDatacenter = options.DynomiteDatacenter,
                DynomiteRack = options.DynomiteRack,
                MaxKeysPerSecond = options.MaxKeysPerSecond,
                MaxBytesPerSecond = options.MaxBytesPerSecond,
                MaxMemory = options.MaxMemory,
            },
            log,
            timeProvider
        );
        _verification = job;
        return report with { Verification = await job.RunAsync(stop).ConfigureAwait(false) };
    }
}
