using Godwit.Protocol.Cluster;

namespace Godwit.Connections.Topology;

/// <summary>Which shard owns which slot, as it was known at one moment. Never changes; a newer one takes its place.</summary>
internal sealed class ShardMap
{
    private const short Nobody = -1;

    private readonly short[] _owners = new short[HashSlot.Count];

    /// <summary>Creates a map.</summary>
    /// <param name="version">Greater than that of the map before it.</param>
    /// <param name="shards">All shards that own slots. Of two that claim a slot, the one with the higher epoch has it.</param>
    /// <param name="movingSlots">Slots that are on their way from one shard to another.</param>
    public ShardMap(long version, IReadOnlyList<Shard> shards, IReadOnlySet<int> movingSlots)
    {
        Version = version;
        Shards = shards;
        MovingSlots = movingSlots;
        Array.Fill(_owners, Nobody);
        for (short index = 0; index < shards.Count; index++)
            Claim(index);
    }

    /// <summary>Grows with each renewal.</summary>
    public long Version { get; }

    /// <summary>The shards, in the order of their first slot.</summary>
    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>Slots that are on their way from one shard to another.</summary>
    public IReadOnlySet<int> MovingSlots { get; }

    /// <summary>Slots that nobody owns.</summary>
    public int UnownedSlots => _owners.Count(owner => owner == Nobody);

    /// <summary>Index of the shard that owns a slot; null if nobody does.</summary>
    public int? OwnerOf(int slot) => _owners[slot] == Nobody ? null : _owners[slot];

    /// <summary>Index of the shard that owns a key's slot; null if nobody does.</summary>
    public int? OwnerOf(ReadOnlySpan<byte> key) => Shards.Count == 1 ? 0 : OwnerOf(HashSlot.Of(key));

    private void Claim(short index)
    {
        foreach (var range in Shards[index].Slots)
        {
            for (var slot = range.First; slot <= range.Last; slot++)
            {
                var owner = _owners[slot];
                if (owner == Nobody || Shards[owner].ConfigEpoch < Shards[index].ConfigEpoch)
                    _owners[slot] = index;
            }
        }
    }
}
