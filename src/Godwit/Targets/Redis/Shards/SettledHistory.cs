using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// Knows up to which position of each primary keys are settled, and sees that whoever takes its place has all of that. What was
/// settled cannot be sent again: if it is lost all the same, the run says so. Safe for use from any thread.
/// </summary>
/// <remarks>
/// It cannot be prevented in every case: a primary may die that had no replica which kept up, or come back with the data of its
/// last snapshot.
/// </remarks>
internal sealed class SettledHistory(ServerTopology topology, RunEvents events)
{
    private readonly Lock _lock = new();
    private readonly List<Settled> _settled = [];
    private readonly HashSet<string> _silent = new(StringComparer.Ordinal);
    private ShardMap _map = topology.Map;

    /// <summary>Something is settled of which a server is to be asked.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _settled.Count == 0;
        }
    }

    /// <summary>All that a server had at a position is settled.</summary>
    public void Note(RedisEndpoint node, ReplicationPosition position)
    {
        lock (_lock)
        {
            var index = _settled.FindIndex(settled =>
                settled.Positions.Any(before => before.History == position.History)
            );
            if (index < 0)
                _settled.Add(new Settled(node, [position]));
            else if (_settled[index].Positions[0].Offset < position.Offset)
                _settled[index] = new Settled(node, [position]);
        }
    }

    /// <summary>
    /// Sees that a primary has what was settled there, or at the one whose place it has taken.
    /// </summary>
    /// <param name="node">The primary.</param>
    /// <param name="now">Where it is; null where it does not tell.</param>
    /// <exception cref="SettledKeysLostException">It has not.</exception>
    public void Check(RedisEndpoint node, ReplicationPosition? now)
    {
        lock (_lock)
        {
            Follow(topology.Map);
            if (now is null)
            {
                TellOfSilence(node);
                return;
            }

            for (var i = 0; i < _settled.Count; i++)
            {
                var (at, positions) = _settled[i];
                if (positions.FirstOrDefault(now.Contains) is { } held)
                    _settled[i] = new Settled(node, With(positions, now with { Offset = held.Offset }));
                else if (at.Address == node.Address || positions.Any(before => IsOf(now, before)))
                    throw new SettledKeysLostException(at, node);
            }
        }
    }

    /// <summary>Those that keys were settled at and that none of these has answered for.</summary>
    /// <param name="primaries">All primaries, once <see cref="Check"/> was called for each.</param>
    public IReadOnlyList<RedisEndpoint> NotAmong(IReadOnlyCollection<string> primaries)
    {
        lock (_lock)
        {
            Follow(topology.Map);
            return
            [
                .. _settled
                    .Select(settled => settled.Node)
                    .Where(node => !primaries.Contains(node.Address, StringComparer.Ordinal)),
            ];
        }
    }

    private static ReplicationPosition[] With(ReplicationPosition[] positions, ReplicationPosition now) =>
        positions.Any(position => position.History == now.History) ? positions : [.. positions, now];

    private static bool IsOf(ReplicationPosition now, ReplicationPosition before) =>
        before.History == now.History || before.History == now.Earlier;

    // Slots that went to others which were primaries before took their keys along.
    private void Follow(ShardMap map)
    {
        if (map.Version == _map.Version)
            return;

        var before = _map;
        _map = map;
        foreach (var shard in before.Shards)
        {
            var hasLeft = map.Shards.All(other => other.Primary.Address != shard.Primary.Address);
            if (hasLeft && HeirsOf(shard).All(WasPrimary))
                _settled.RemoveAll(settled => settled.Node.Address == shard.Primary.Address);
        }

        IEnumerable<string> HeirsOf(Shard shard) =>
            shard
                .Slots.SelectMany(range => Enumerable.Range(range.First, range.Count))
                .Select(slot => map.OwnerOf(slot) is { } owner ? map.Shards[owner].Primary.Address : "")
                .Distinct(StringComparer.Ordinal);

        bool WasPrimary(string address) => before.Shards.Any(shard => shard.Primary.Address == address);
    }

    private void TellOfSilence(RedisEndpoint node)
    {
        var isNew = !_silent.Contains(node.Address);
        if (isNew && _silent.Count > 0 && topology.Map.Version > 0)
            events.Add(
                $"{node.Address} does not tell (INFO) whether it has all that servers before it had: godwit verify does"
            );
        _silent.Add(node.Address);
    }

    // The same state by the names that it has had: one that is still in the stream of the first primary may take the place of the
    // second, and has all of it as long as nothing new was settled there.
    private sealed record Settled(RedisEndpoint Node, ReplicationPosition[] Positions);
}
