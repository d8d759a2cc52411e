namespace Godwit.Migration;

/// <summary>One migration from its preflight to its report.</summary>
internal interface IMigrationRun
{
    /// <summary>How it stands now. May be read from any thread at any time.</summary>
    MigrationProgress Progress { get; }

    /// <summary>
    /// Runs to the end. What goes wrong on purpose is in the report, never thrown; only a mistake of the program is thrown.
    /// </summary>
    /// <param name="stop">Ends the run in order, with status <see cref="MigrationStatus.Interrupted"/>.</param>
    Task<MigrationReport> RunAsync(CancellationToken stop);
}
