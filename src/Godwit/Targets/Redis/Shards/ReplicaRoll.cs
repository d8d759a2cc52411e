using Godwit.Connections.Topology;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// Knows how many replicas each primary should have, also while its servers themselves do not: right after a failover none is
/// attached to the new one yet, and who watches over them takes one that changes its primary for down. Safe for use from any thread.
/// </summary>
internal sealed class ReplicaRoll(ServerTopology topology, TimeProvider timeProvider)
{
    // Longer than it takes to follow another primary, and short enough to wait for a replica that has died.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();

    // Of each primary: its replicas, and since when the newest map lacks them.
    private readonly Dictionary<string, Dictionary<string, long?>> _followers = new(StringComparer.Ordinal);

    // Who was killed comes back late, if ever. Where one follows its successor, that one says so.
    private readonly HashSet<string> _formerPrimaries = new(StringComparer.Ordinal);
    private long _version = -1;

    /// <summary>How many follow a primary, or will in a moment.</summary>
    /// <param name="primary">Its address.</param>
    public int CountFor(string primary)
    {
        lock (_lock)
        {
            Follow(topology.Map);
            return _followers.TryGetValue(primary, out var followers)
                ? followers.Values.Count(missing =>
                    missing is not { } since || timeProvider.GetElapsedTime(since) < Grace
                )
                : 0;
        }
    }

    private void Follow(ShardMap map)
    {
        if (map.Version == _version)
            return;

        _version = map.Version;
        var now = timeProvider.GetTimestamp();
        foreach (var shard in map.Shards)
        {
            var primary = shard.Primary.Address;
            _formerPrimaries.Remove(primary);
            if (!_followers.TryGetValue(primary, out var followers))
                _followers.Add(primary, followers = TakeOver(primary, map));

            foreach (var replica in followers.Keys)
                followers[replica] ??= now;
            foreach (var replica in shard.Replicas.Select(replica => replica.Address))
            {
                if (!_formerPrimaries.Contains(replica))
                    followers[replica] = null;
            }
        }
    }

    // Those that followed the one whose place it takes follow it.
    private Dictionary<string, long?> TakeOver(string primary, ShardMap map)
    {
        var left = _followers.Keys.FirstOrDefault(before =>
            _followers[before].ContainsKey(primary) && map.Shards.All(shard => shard.Primary.Address != before)
        );
        if (left is null)
            return new Dictionary<string, long?>(StringComparer.Ordinal);

        _formerPrimaries.Add(left);
        _followers.Remove(left, out var followers);
        followers!.Remove(primary);
        return followers;
    }
}
