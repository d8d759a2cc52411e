using Godwit.Batches;
using Godwit.Live.Expiry;
using Godwit.Live.Servers;
using Godwit.Live.State;
using Godwit.Migration;

namespace Godwit.Live;

/// <summary>What all parts of a live job need that follows replication streams.</summary>
internal sealed record LiveContext
{
    /// <summary>Both ends.</summary>
    public required LiveEnds Ends { get; init; }

    /// <summary>What the user chose.</summary>
    public required MigrationOptions Options { get; init; }

    /// <summary>What the user chose about following.</summary>
    public required LiveOptions Live { get; init; }

    /// <summary>The job's directory, with its state.</summary>
    public required JobDirectory Directory { get; init; }

    /// <summary>An earlier run of the job has written to the target.</summary>
    public required bool IsResumed { get; init; }

    /// <summary>The servers that are followed.</summary>
    public required SourceServers Servers { get; init; }

    /// <summary>The job's records at the target.</summary>
    public required JobRecords Records { get; init; }

    /// <summary>Opens the target for keys.</summary>
    public required LiveTargets Targets { get; init; }

    /// <summary>Keeps expiries back.</summary>
    public required ExpiryHold Expiries { get; init; }

    /// <summary>Gives the buffers.</summary>
    public required BufferBudget Budget { get; init; }

    /// <summary>Names the keys that fail.</summary>
    public required DeadLetters DeadLetters { get; init; }

    /// <summary>Takes what happens to the servers.</summary>
    public required RunEvents Events { get; init; }

    /// <summary>Hears what happens.</summary>
    public required IMigrationLog Log { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>The job's state.</summary>
    public JobState State => Directory.State!;
}
