using Godwit.Endpoints;

namespace Godwit.Connections.Topology;

/// <summary>A primary, its replicas, and the slots that it owns.</summary>
/// <param name="Name">The primary's node id in a cluster; else a name that stays while primaries come and go.</param>
/// <param name="Primary">Where writes go.</param>
/// <param name="Replicas">Those that are not known to be down.</param>
/// <param name="Slots">In rising order; all slots where there is no cluster.</param>
/// <param name="ConfigEpoch">Grows with each take-over of slots; 0 where there is no cluster.</param>
internal sealed record Shard(
    string Name,
    RedisEndpoint Primary,
    IReadOnlyList<RedisEndpoint> Replicas,
    IReadOnlyList<SlotRange> Slots,
    long ConfigEpoch
);
