using System.Text.Json.Serialization;

namespace Godwit.Live.Status;

/// <summary>
/// How a live job stands at one moment: what it answers over its socket, and what <c>godwit status --json</c> writes. Members
/// may be added; none goes or changes its meaning while <see cref="Format"/> stays the same. What cannot be told is null.
/// </summary>
internal sealed record JobStatus
{
    /// <summary>The form of this version.</summary>
    public const int Format = 1;

    /// <summary>What the object is an answer to.</summary>
    public string Command { get; init; } = "status";

    /// <summary>The form of this object.</summary>
    public int Godwit { get; init; } = Format;

    /// <summary>A process is at work on the job.</summary>
    public required bool Running { get; init; }

    /// <summary>What it does, in a few words; of a job that does not run, how it ended: <c>stopped</c>, <c>failed</c>, <c>killed</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>The job's name in its record at the target; null while it has none.</summary>
    public string? Job { get; init; }

    /// <summary>Its state directory.</summary>
    public required string Directory { get; init; }

    /// <summary>Without secrets.</summary>
    public required string Source { get; init; }

    /// <summary>Without secrets.</summary>
    public required string Target { get; init; }

    /// <summary>Of a job that runs.</summary>
    public int? Process { get; init; }

    /// <summary>When this run of the job began; null for one that does not run.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When it was known to be alive for the last time; null for one that runs.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>The offset of the source's history that the target had confirmed when the state was last written.</summary>
    public long? Offset { get; init; }

    /// <summary>The servers that are followed by their replication streams: of a cluster, one for each shard.</summary>
    public IReadOnlyList<ServerStatus>? Servers { get; init; }

    /// <summary>The snapshot's keys.</summary>
    public KeyStatus? Keys { get; init; }

    /// <summary>What follows the snapshot.</summary>
    public ChangeStatus? Changes { get; init; }

    /// <summary>What came from the source and waits to be applied.</summary>
    public SpoolStatus? Spool { get; init; }

    /// <summary>The connection to the source.</summary>
    public LinkReport? Link { get; init; }

    /// <summary>Expiries that must not strike yet.</summary>
    public ExpiryStatus? Expiries { get; init; }

    /// <summary>The last thing that went wrong, though the job may have got over it; null if nothing has.</summary>
    public ErrorStatus? LastError { get; init; }

    /// <summary>The command that goes on with a job that does not run.</summary>
    public string? ResumeCommand { get; init; }
}

/// <summary>The snapshot's keys. <see cref="Read"/> is the sum of what follows it.</summary>
internal sealed record KeyStatus(
    long Read,
    long Written,
    long Skipped,
    long Filtered,
    long Expired,
    long Failed,
    long? Expected
);

/// <summary>A server that is followed by its replication stream.</summary>
/// <param name="Uri">Its primary, without secrets.</param>
/// <param name="ReplicationId">Names the history that the offset counts in.</param>
/// <param name="Offset">All of its changes up to there are at the target.</param>
/// <param name="LagBytes">Bytes that it was ahead when it was asked last.</param>
internal sealed record ServerStatus(string Uri, string ReplicationId, long Offset, long? LagBytes);

/// <summary>The changes behind the snapshot. Rates are over the last seconds.</summary>
internal sealed record ChangeStatus(
    long Received,
    long Applied,
    long Repaired,
    double ReceivedPerSecond,
    double AppliedPerSecond,
    long? LagBytes,
    double LagMilliseconds,
    bool CaughtUp
);

/// <summary>Bytes that came in and were not read yet.</summary>
/// <param name="MemoryBytes">Of them in memory.</param>
/// <param name="DiskBytes">Size of the spool's files; it holds too what was read and not confirmed by the target.</param>
/// <param name="WaitingBytes">Not read yet, wherever they are.</param>
/// <param name="MaxDiskBytes"><c>--max-disk</c>.</param>
/// <param name="HeldBack">Why the source is not read just now; null while it is.</param>
internal sealed record SpoolStatus(
    long MemoryBytes,
    long DiskBytes,
    long WaitingBytes,
    long MaxDiskBytes,
    string? HeldBack
);

/// <summary>The connection to the source.</summary>
/// <param name="Phase"><c>joining</c>, <c>preparing</c>, <c>snapshot</c>, <c>streaming</c> or <c>ended</c>.</param>
/// <param name="Endpoint">Whom it is joined to, or was last.</param>
/// <param name="Joins">How often the source let it join.</param>
/// <param name="Snapshots">How many snapshots were asked for.</param>
internal sealed record LinkReport(string Phase, string? Endpoint, int Joins, int Snapshots);

/// <summary>Expiries that are held back while changes are on their way.</summary>
/// <param name="Holding"><c>all</c>, or <c>near</c>: those that are due soon.</param>
/// <param name="HeldBack">How many were written later than they are meant, since this run began.</param>
/// <param name="Set">How many of all were set to their own moment by walking over the target. The others changed before that.</param>
internal sealed record ExpiryStatus(string Holding, long HeldBack, long Set);

/// <summary>Something that went wrong.</summary>
/// <param name="Message">What, and why.</param>
/// <param name="At">When.</param>
internal sealed record ErrorStatus(string Message, DateTimeOffset At);

/// <summary>How it is written: one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JobStatus))]
[JsonSerializable(typeof(JobRequest))]
[JsonSerializable(typeof(JobRefusal))]
internal sealed partial class JobStatusFormat : JsonSerializerContext;
