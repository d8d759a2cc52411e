namespace Godwit.Planning.Replication;

/// <summary>How fast a source changes, and what it keeps for a replica. Of a cluster, the shard that has it worst.</summary>
internal sealed record ReplicationFacts
{
    /// <summary>Bytes of changes in a second, measured over about one; null if nobody can tell.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>
    /// True if that is all that comes in from clients, reading commands too, because the server counts no changes while nothing
    /// replicates from it: the true figure is smaller.
    /// </summary>
    public bool IsUpperBound { get; init; }

    /// <summary>Bytes of changes that are kept for a replica that comes back (<c>repl-backlog-size</c>); null if not known.</summary>
    public long? Backlog { get; init; }

    /// <summary>What may wait for one replica (<c>client-output-buffer-limit replica</c>); null if not known.</summary>
    public ReplicaBufferLimit? BufferLimit { get; init; }

    /// <summary>For how long a connection may be lost without a new snapshot; null if nobody can tell.</summary>
    public TimeSpan? BacklogLasts =>
        BytesPerSecond is > 0 and { } rate && Backlog is { } bytes ? Time(bytes, rate) : null;

    /// <summary>How long a snapshot may take before the changes that wait behind it are too many; null for any time, or if nobody can tell.</summary>
    public TimeSpan? BufferLasts =>
        BytesPerSecond is > 0 and { } rate && BufferLimit is { } limit ? limit.Lasts(rate) : null;

    private static TimeSpan Time(long bytes, double rate) =>
        TimeSpan.FromSeconds(Math.Min(bytes / rate, TimeSpan.FromDays(365).TotalSeconds));
}
