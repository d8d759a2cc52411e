using Godwit.Connections;
using Godwit.Migration.Rights;
using Godwit.Planning.Replication;
using Godwit.Planning.Sampling;

namespace Godwit.Planning;

/// <summary>What one end is, as far as it says. What it does not say is null.</summary>
internal sealed record EndPlan
{
    /// <summary>Without secrets.</summary>
    public required string Uri { get; init; }

    /// <summary>Name and version, such as <c>redis 7.0.15</c>.</summary>
    public string? Server { get; init; }

    /// <summary><c>standalone</c>, <c>cluster</c>, <c>sentinel</c>, <c>files</c>, <c>json</c> or <c>unknown</c>.</summary>
    public string Topology { get; init; } = "unknown";

    /// <summary><c>primary</c> or <c>replica</c>.</summary>
    public string? Role { get; init; }

    /// <summary>Keys in all databases and shards, or in the one database that is meant.</summary>
    public long? Keys { get; init; }

    /// <summary>Bytes that keys and values take; of files their length.</summary>
    public long? DataBytes { get; init; }

    /// <summary>Bytes of memory in use, all shards together.</summary>
    public long? UsedMemory { get; init; }

    /// <summary>What it may take, all shards together; 0 for no limit.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>What goes when that is reached.</summary>
    public string? EvictionPolicy { get; init; }

    /// <summary>The databases that hold keys.</summary>
    public IReadOnlyList<KeyspaceInfo> Databases { get; init; } = [];

    /// <summary>A cluster's shards; empty where there is no cluster.</summary>
    public IReadOnlyList<ShardPlan> Shards { get; init; } = [];

    /// <summary>Names of its modules.</summary>
    public IReadOnlyList<string>? Modules { get; init; }
}

/// <summary>One shard of a cluster.</summary>
/// <param name="Uri">Its primary's, without secrets.</param>
/// <param name="Server">Name and version.</param>
/// <param name="Slots">As Redis writes them: <c>0-5460,5462</c>.</param>
/// <param name="Replicas">How many can be reached.</param>
/// <param name="Keys">Keys that it holds.</param>
/// <param name="DataBytes">Bytes that these take.</param>
internal sealed record ShardPlan(string Uri, string Server, string Slots, int Replicas, long? Keys, long? DataBytes);

/// <summary>One source.</summary>
internal sealed record SourcePlan
{
    /// <summary>What it is.</summary>
    public required EndPlan End { get; init; }

    /// <summary>The ways of reading what is there now: sync and scan.</summary>
    public IReadOnlyList<Way> Reading { get; init; } = [];

    /// <summary>The ways of following its changes: sync, tracking and notify.</summary>
    public IReadOnlyList<Way> Following { get; init; } = [];

    /// <summary>The way that a migration would take: <c>sync</c>, <c>scan</c>, <c>rdb</c>; null for none.</summary>
    public string? ReadBy { get; init; }

    /// <summary>How fast it changes, and what it keeps for replicas; null where it is no server.</summary>
    public ReplicationFacts? Replication { get; init; }

    /// <summary>The keys that were looked at; null where there are none to look at.</summary>
    public KeySample? Sample { get; init; }
}

/// <summary>The target.</summary>
internal sealed record TargetPlan
{
    /// <summary>What it is.</summary>
    public required EndPlan End { get; init; }

    /// <summary>How keys would be written: <c>restore</c>, <c>commands</c>, <c>restore+commands</c>, <c>json</c>; null for not at all.</summary>
    public string? WriteBy { get; init; }
}
