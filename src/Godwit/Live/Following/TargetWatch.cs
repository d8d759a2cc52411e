using Godwit.Connections.Topology;
using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>
/// Looks whether servers of the target take each other's place: a replica that does may lack what its primary had confirmed. For one
/// task at a time; the numbers may be read by any.
/// </summary>
/// <param name="topology">The target's.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class TargetWatch(ServerTopology topology, TimeProvider timeProvider)
{
    // Each look is a question to each node.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private ShardMap _map = topology.Map;
    private long _lookedAt = timeProvider.GetTimestamp();
    private int _failovers;
    private int _moves;

    /// <summary>How often a replica was found to be a primary.</summary>
    public int Failovers => Volatile.Read(ref _failovers);

    /// <summary>How often slots were found elsewhere than before, or on their way.</summary>
    public int Moves => Volatile.Read(ref _moves);

    /// <summary>Looks, if it is time.</summary>
    public Task LookAsync(CancellationToken cancellationToken) =>
        timeProvider.GetElapsedTime(_lookedAt) < LookEvery ? Task.CompletedTask : LookNowAsync(cancellationToken);

    /// <summary>Looks.</summary>
    public async Task LookNowAsync(CancellationToken cancellationToken)
    {
        if (!topology.CanFailOver)
            return;

        try
        {
            Compare(await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false));
        }
        catch (GodwitException)
        {
            // Nobody can be asked just now. Whoever writes meets the same, and waits.
        }

        _lookedAt = timeProvider.GetTimestamp();
    }

    private void Compare(ShardMap map)
    {
        var replicas = _map.Shards.SelectMany(shard => shard.Replicas).Select(replica => replica.Address);
        if (map.Shards.Select(shard => shard.Primary.Address).Intersect(replicas, StringComparer.Ordinal).Any())
            Interlocked.Increment(ref _failovers);
        if (
            map.MovingSlots.Count > 0
            || !map.Shards.Select(OwnerOf).SequenceEqual(_map.Shards.Select(OwnerOf), StringComparer.Ordinal)
        )
            Interlocked.Increment(ref _moves);
        _map = map;
    }

    private static string OwnerOf(Shard shard) => $"{shard.Primary.Address} {string.Join(' ', shard.Slots)}";
}
