using Godwit.Protocol.Cluster;

namespace Godwit.Live.Routing;

/// <summary>What a user chose, or what follows from it, about where changes go.</summary>
internal sealed record RoutingOptions
{
    /// <summary>The one database of the source that is meant; null for all.</summary>
    public int? SourceDatabase { get; init; }

    /// <summary>The target's database for one of the source.</summary>
    public required Func<int, int> DatabaseOf { get; init; }

    /// <summary>
    /// The target held nothing of anybody else's when the job began, so that FLUSHDB and FLUSHALL may go along. They would delete
    /// more there than at the source otherwise.
    /// </summary>
    public required bool MayFlush { get; init; }

    /// <summary>Databases in which the source held keys when this was found out.</summary>
    public IReadOnlyCollection<int> KnownDatabases { get; init; } = [];

    /// <summary>All databases of the source are meant, each into one of the target's: FLUSHALL may go along as it is.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>Each database has its own number at the target: SWAPDB may go along.</summary>
    public required bool MaySwap { get; init; }

    /// <summary>Messages of PUBLISH and SPUBLISH go along.</summary>
    public bool PassesMessages { get; init; }

    /// <summary>Changes of function libraries go along. Of a cluster each shard tells of them: once is enough.</summary>
    public bool TakesFunctions { get; init; } = true;

    /// <summary>The slots of the server whose changes these are; what it tells of others does not count. Default: all.</summary>
    public SlotSet Slots { get; init; } = SlotSet.All;

    /// <summary>Changes up to this offset may have been applied before, each of them or not: their keys are read anew.</summary>
    public long UncertainThrough { get; init; }

    /// <summary>Which lane writes which slot.</summary>
    public LaneMap Lanes { get; init; } = LaneMap.Single;
}
