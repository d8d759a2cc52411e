using Godwit.Connections;
using Godwit.Live.Expiry;
using Godwit.Live.Rereading;
using Godwit.Migration;
using Godwit.Protocol.Cluster;
using Godwit.Targets.Redis;

namespace Godwit.Live.Lanes;

/// <summary>What a lane needs to do its work.</summary>
internal sealed record LaneSettings
{
    /// <summary>Connects to the server that the lane writes to: another one after a fail-over.</summary>
    public required Func<CancellationToken, Task<RedisConnection>> ConnectAsync { get; init; }

    /// <summary>What that server can do.</summary>
    public required TargetProfile Profile { get; init; }

    /// <summary>Key of the lane's record.</summary>
    public required byte[] PositionKey { get; init; }

    /// <summary>Database of the lane's record.</summary>
    public required int PositionDatabase { get; init; }

    /// <summary>Name of the job in the record.</summary>
    public required string Job { get; init; }

    /// <summary>The target's database for one of the source.</summary>
    public required Func<int, int> DatabaseOf { get; init; }

    /// <summary>The slots of the source's server whose changes it applies. Default: all.</summary>
    public SlotSet Slots { get; init; } = SlotSet.All;

    /// <summary>
    /// The target may refuse a command that the source took: it is another server, or of another version. Default: it takes all.
    /// </summary>
    public bool MayRefuse { get; init; }

    /// <summary>Reads keys anew.</summary>
    public required KeyRereader Rereader { get; init; }

    /// <summary>Keeps expiries back while the stream is behind.</summary>
    public required ExpiryHold Expiries { get; init; }

    /// <summary>Takes the keys that cannot be written. It is no part of the copy's account: a key may be read anew many times.</summary>
    public required Account Account { get; init; }

    /// <summary>Hears of what is waited for.</summary>
    public required IMigrationLog Log { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>
    /// Longest wait for a target that is gone or takes no writes just now: long enough for a restart or a fail-over. Default: 60 s.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
