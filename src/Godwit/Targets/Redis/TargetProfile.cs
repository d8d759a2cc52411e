using Godwit.Connections;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Redis;

/// <summary>What a target can do, as it answered when it was asked before the first write.</summary>
internal sealed record TargetProfile
{
    /// <summary>Whose numbers from 22 on it speaks.</summary>
    public required RdbFamily Family { get; init; }

    /// <summary>Name and version, for messages.</summary>
    public required string Server { get; init; }

    /// <summary>What it can RESTORE.</summary>
    public required RestoreSupport Restore { get; init; }

    /// <summary>It has MULTI, and lets us use it: without it a value of several commands would not be written whole or not at all.</summary>
    public required bool HasTransactions { get; init; }

    /// <summary>It has HPEXPIREAT: fields of hashes can expire (Redis 7.4, Valkey 9.0).</summary>
    public required bool HasFieldExpiry { get; init; }

    /// <summary>It has FUNCTION (7.0).</summary>
    public required bool HasFunctions { get; init; }

    /// <summary>XSETID and XGROUP CREATE take a stream's counters (7.0).</summary>
    public required bool HasStreamCounters { get; init; }

    /// <summary>It has XGROUP CREATECONSUMER (6.2).</summary>
    public required bool HasCreateConsumer { get; init; }

    /// <summary>XTRIM takes MINID (6.2).</summary>
    public required bool HasTrimByMinId { get; init; }

    /// <summary>Tells the time there. Default: as here.</summary>
    public ServerClock Clock { get; init; }

    /// <summary>What both can do: a key may go to either.</summary>
    public TargetProfile And(TargetProfile other) =>
        this with
        {
            Restore = Restore.And(other.Restore),
            HasTransactions = HasTransactions && other.HasTransactions,
            HasFieldExpiry = HasFieldExpiry && other.HasFieldExpiry,
            HasFunctions = HasFunctions && other.HasFunctions,
            HasStreamCounters = HasStreamCounters && other.HasStreamCounters,
            HasCreateConsumer = HasCreateConsumer && other.HasCreateConsumer,
            HasTrimByMinId = HasTrimByMinId && other.HasTrimByMinId,
            Clock = Clock.And(other.Clock),
        };
}
