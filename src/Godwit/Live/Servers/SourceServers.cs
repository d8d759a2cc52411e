using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.State;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Servers;

/// <summary>The servers of a source whose changes are followed. A cluster's may get more and fewer while we run.</summary>
internal sealed class SourceServers
{
    private readonly TimeProvider _timeProvider;
    private readonly Lock _lock = new();
    private IReadOnlyList<FollowedServer> _all = [];
    private readonly int _unowned;
    private int _next;

    /// <summary>Creates the set of those that a source has now, or of those that a job has followed before.</summary>
    /// <param name="topology">Who holds what.</param>
    /// <param name="info">What each says of itself, in the map's order.</param>
    /// <param name="saved">Those of the job that is resumed; null for a new one.</param>
    /// <param name="timeProvider">The clock.</param>
    public SourceServers(
        ServerTopology topology,
        IReadOnlyList<ServerInfo> info,
        IReadOnlyList<ServerState>? saved,
        TimeProvider timeProvider
    )
    {
        Topology = topology;
        _timeProvider = timeProvider;
        _unowned = topology.Map.UnownedSlots;
        if (saved is not { Count: > 0 })
        {
            Adopt(topology.Map, info[0]);
            return;
        }

        var all = new List<FollowedServer>();
        foreach (var state in saved)
        {
            var slots = SlotSet.Parse(state.Slots);
            var shard = new Shard(state.Node, topology.Map.Shards[0].Primary, [], RangesOf(slots), ConfigEpoch: 0);
            all.Add(new FollowedServer(this, state.Number, shard, info[0], timeProvider));
            _next = Math.Max(_next, state.Number + 1);
        }

        _all = all;
    }

    /// <summary>Who holds what.</summary>
    public ServerTopology Topology { get; }

    /// <summary>Those that are followed.</summary>
    public IReadOnlyList<FollowedServer> All
    {
        get
        {
            lock (_lock)
                return _all;
        }
    }

    /// <summary>What is to be kept of them.</summary>
    public IReadOnlyList<ServerState> States =>
        [.. All.Select(server => new ServerState(server.Number, server.Shard.Name, server.Slots.ToString()))];

    /// <summary>
    /// What a server is in a map: the shard of the same primary. Where that is none any more, another server has taken its place:
    /// of the shards that nobody else is, the one with the most of its slots.
    /// </summary>
    /// <returns>Null if there is none.</returns>
    public Shard? Find(FollowedServer server, ShardMap map)
    {
        if (!Topology.IsCluster)
            return map.Shards[0];

        if (map.Shards.FirstOrDefault(shard => shard.Name == server.Shard.Name) is { } same)
            return same;

        var others = All.Where(other => other != server)
            .Select(other => other.Shard.Name)
            .ToHashSet(StringComparer.Ordinal);
        return map
            .Shards.Where(shard => !others.Contains(shard.Name))
            .Select(shard => (Shard: shard, Common: CommonSlots(shard, server.Slots)))
            .Where(found => found.Common > 0)
            .OrderByDescending(found => found.Common)
            .Select(found => found.Shard)
            .FirstOrDefault();
    }

    /// <summary>Compares with a map.</summary>
    public MapState LookAt(ShardMap map)
    {
        if (!Topology.IsCluster)
            return MapState.Same;

        var owners = All.Select(server => (server.Slots, Shard: Find(server, map))).ToArray();
        if (owners.Any(owner => owner.Shard is null || !owner.Slots.Equals(FollowedServer.SlotsOf(owner.Shard))))
        {
            // Slots that nobody owns for a moment are no news yet: whoever gets them is.
            return map.UnownedSlots > _unowned ? MapState.Moving : MapState.Changed;
        }

        if (map.Shards.Count != owners.Length)
            return MapState.Changed;
        return map.MovingSlots.Count > 0 ? MapState.Moving : MapState.Same;
    }

    /// <summary>Takes the servers and their slots as they are in a map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="info">What new servers are taken to be.</param>
    /// <returns>What is different now.</returns>
    public ServerChanges Adopt(ShardMap map, ServerInfo info)
    {
        lock (_lock)
        {
            var known = _all;
            var found = new List<FollowedServer>();
            var gained = new List<(FollowedServer, SlotSet)>();
            var taken = new HashSet<string>(StringComparer.Ordinal);
            foreach (var server in known)
            {
                if (Find(server, map) is not { } shard || !taken.Add(shard.Name))
                    continue;

                var before = server.Slots;
                server.Become(shard);
                found.Add(server);
                if (server.Slots.Without(before) is { Count: > 0 } more)
                    gained.Add((server, more));
            }

            var added = map
                .Shards.Where(shard => !taken.Contains(shard.Name))
                .Select(shard => new FollowedServer(this, _next++, shard, info, _timeProvider))
                .ToArray();
            _all = [.. found, .. added];
            return new ServerChanges(added, [.. known.Except(found)], gained);
        }
    }

    private static int CommonSlots(Shard shard, SlotSet slots) =>
        shard.Slots.Sum(range => Enumerable.Range(range.First, range.Count).Count(slots.Contains));

    private static SlotRange[] RangesOf(SlotSet slots) => [.. slots.Slots().Select(slot => new SlotRange(slot, slot))];
}

/// <summary>How the servers of a source have changed.</summary>
/// <param name="Added">New ones, of which everything is to be read.</param>
/// <param name="Gone">Those that have no slots any more.</param>
/// <param name="Gained">Slots that have come to one of the others: what was read of them before is not its doing.</param>
internal sealed record ServerChanges(
    IReadOnlyList<FollowedServer> Added,
    IReadOnlyList<FollowedServer> Gone,
    IReadOnlyList<(FollowedServer Server, SlotSet Slots)> Gained
);
