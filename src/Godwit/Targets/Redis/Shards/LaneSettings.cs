using Godwit.Connections.Topology;
using Godwit.Migration;

namespace Godwit.Targets.Redis.Shards;

/// <summary>What all lanes of a target share.</summary>
/// <param name="Options">What the user chose.</param>
/// <param name="Profile">What every server can do.</param>
/// <param name="Topology">Who holds what.</param>
/// <param name="Events">Takes what happens to the servers.</param>
/// <param name="Settled">Up to where keys are settled.</param>
/// <param name="Roll">How many replicas each primary should have.</param>
/// <param name="TimeProvider">The clock.</param>
internal sealed record LaneSettings(
    RedisTargetOptions Options,
    TargetProfile Profile,
    ServerTopology Topology,
    RunEvents Events,
    SettledHistory Settled,
    ReplicaRoll Roll,
    TimeProvider TimeProvider
);
