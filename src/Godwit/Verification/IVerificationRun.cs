using Godwit.Migration;

namespace Godwit.Verification;

/// <summary>One comparison from its checks to its report.</summary>
internal interface IVerificationRun
{
    /// <summary>How it stands now. May be read from any thread at any time.</summary>
    MigrationProgress Progress { get; }

    /// <summary>
    /// Runs to the end. What goes wrong on purpose is in the report, never thrown; only a mistake of the program is thrown.
    /// </summary>
    /// <param name="stop">Ends the run in order, with status <see cref="VerificationStatus.Interrupted"/>.</param>
    Task<VerificationReport> RunAsync(CancellationToken stop);
}
