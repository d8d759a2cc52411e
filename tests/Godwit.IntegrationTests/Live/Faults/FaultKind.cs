namespace Godwit.IntegrationTests.Live.Faults;

/// <summary>What may go wrong while the program follows.</summary>
internal enum FaultKind
{
    /// <summary>kill -9 of the program, and --resume.</summary>
    ProgramIsKilled,

    /// <summary>SIGTERM, and --resume.</summary>
    ProgramIsStopped,

    /// <summary>The kernel gives the program no time for a while.</summary>
    ProgramIsSuspended,

    /// <summary>kill -9 of the target, which has an append-only file, and another start.</summary>
    TargetIsKilled,

    /// <summary>The source comes back with its data: with another history, or with the one that it saved.</summary>
    SourceRestarts,

    /// <summary>All connections to one side are reset.</summary>
    ConnectionsAreCut,

    /// <summary>A connection is reset in the middle of what it carries.</summary>
    ConnectionIsCutMidway,

    /// <summary>Nothing passes to one side and from it, for a while.</summary>
    ConnectionsFreeze,

    /// <summary>More comes than the disk has room for, while the target takes nothing.</summary>
    SpoolIsFull,

    /// <summary>The target has no memory left, for a while.</summary>
    TargetIsFull,

    /// <summary>The source drops a replica that takes too little (client-output-buffer-limit).</summary>
    SourceDropsSlowReplica,

    /// <summary>The source's user disconnects its replicas.</summary>
    ReplicasAreDisconnected,
}
