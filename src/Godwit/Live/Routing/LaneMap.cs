using Godwit.Connections.Topology;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Routing;

/// <summary>Which lane writes the keys of which slot: one for each shard of the target.</summary>
internal sealed class LaneMap
{
    private readonly short[]? _laneOf;

    private LaneMap(int count, short[]? laneOf)
    {
        Count = count;
        _laneOf = laneOf;
    }

    /// <summary>One lane for all.</summary>
    public static LaneMap Single { get; } = new(1, null);

    /// <summary>How many lanes there are.</summary>
    public int Count { get; }

    /// <summary>A command's keys must lie in one slot: the target is a cluster, even if of one shard.</summary>
    public bool IsOfCluster => _laneOf is not null;

    /// <summary>A lane for each shard of a cluster, in the map's order. Every slot has an owner.</summary>
    public static LaneMap Of(ShardMap map)
    {
        var laneOf = new short[HashSlot.Count];
        for (var slot = 0; slot < laneOf.Length; slot++)
            laneOf[slot] = (short)(map.OwnerOf(slot) ?? 0);
        return new LaneMap(map.Shards.Count, laneOf);
    }

    /// <summary>The lane for a slot.</summary>
    public int LaneOf(int slot) => _laneOf is null ? 0 : _laneOf[slot];
}
