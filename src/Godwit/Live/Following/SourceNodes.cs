using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Following;

/// <summary>The source's servers, each asked for the keys that it has. Owns its connections. For one task at a time.</summary>
/// <param name="ends">Both ends.</param>
/// <param name="account">Takes keys that cannot be read.</param>
/// <param name="isElsewhere">Is told of a large key that another server has by now.</param>
internal sealed class SourceNodes(FollowingEnds ends, Account account, Action<int, byte[]> isElsewhere)
    : IAsyncDisposable
{
    private readonly Dictionary<string, SourceKeys> _nodes = new(StringComparer.Ordinal);

    private SourceServers Servers => ends.Servers;

    /// <summary>Those that are followed, in an order of their own: what all have alike is asked of the first.</summary>
    public async Task<SourceKeys> FirstAsync(CancellationToken cancellationToken) =>
        await AtAsync(Servers.Topology.Map.Shards[0].Primary, cancellationToken).ConfigureAwait(false);

    /// <summary>All of them.</summary>
    public async Task<IReadOnlyList<SourceKeys>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<SourceKeys>();
        foreach (var shard in Servers.Topology.Map.Shards)
            all.Add(await AtAsync(shard.Primary, cancellationToken).ConfigureAwait(false));
        return all;
    }

    /// <summary>Sorts names by who has them, as far as that is known; null for nobody.</summary>
    public IEnumerable<(RedisEndpoint? Server, byte[][] Names)> Sort(byte[][] names)
    {
        var map = Servers.Topology.Map;
        if (!Servers.Topology.IsCluster)
            return [(map.Shards[0].Primary, names)];

        return names
            .GroupBy(name => map.OwnerOf(HashSlot.Of(name)))
            .Select(part => (part.Key is { } owner ? map.Shards[owner].Primary : null, part.ToArray()));
    }

    /// <summary>Asks one of them.</summary>
    /// <exception cref="ConnectionException">It cannot be reached.</exception>
    public async ValueTask<SourceKeys> AtAsync(RedisEndpoint server, CancellationToken cancellationToken)
    {
        if (_nodes.TryGetValue(server.Address, out var known))
            return known;

        var node = await SourceKeys
            .OpenAsync(ends, server, isAsking: false, account, isElsewhere, cancellationToken)
            .ConfigureAwait(false);
        _nodes.Add(server.Address, node);
        return node;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
            await node.DisposeAsync().ConfigureAwait(false);
        _nodes.Clear();
    }
}
