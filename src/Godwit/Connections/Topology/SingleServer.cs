using System.Collections.Frozen;
using Godwit.Endpoints;
using Godwit.Protocol.Cluster;

namespace Godwit.Connections.Topology;

/// <summary>One server that holds all: what it is does not change.</summary>
internal sealed class SingleServer(RedisEndpoint endpoint) : ServerTopology(MapOf(endpoint, version: 0))
{
    /// <inheritdoc/>
    public override Endpoint Named => endpoint;

    /// <inheritdoc/>
    protected override Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken) =>
        Task.FromResult(MapOf(endpoint, old.Version + 1));

    private static ShardMap MapOf(RedisEndpoint endpoint, long version) =>
        new(
            version,
            [new Shard(endpoint.ToString(), endpoint, [], [new SlotRange(0, HashSlot.Count - 1)], ConfigEpoch: 0)],
            FrozenSet<int>.Empty
        );
}
