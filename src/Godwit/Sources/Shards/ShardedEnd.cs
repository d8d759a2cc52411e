using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Sources.Shards;

/// <summary>A source whose servers may take each other's place: a cluster, or a primary that Sentinels name.</summary>
/// <param name="Topology">Who holds what.</param>
/// <param name="Primaries">What each shard's primary says of itself, in the map's order. The connections are for questions.</param>
internal sealed record ShardedEnd(ServerTopology Topology, IReadOnlyList<LiveEnd> Primaries)
{
    /// <summary>What its user named.</summary>
    public ServerEndpoint Named => (ServerEndpoint)Topology.Named;

    /// <summary>The URI that its user wrote, without secrets.</summary>
    public string Name => Named.ToString();

    /// <summary>What the report says it is.</summary>
    public string Describe()
    {
        var server = Primaries[0].Info.DisplayName;
        if (!Topology.IsCluster)
            return server;
        return $"{server} cluster of {Primaries.Count} {(Primaries.Count == 1 ? "shard" : "shards")}";
    }

    /// <summary>Keys that it has, or that one database of it has; null where that is not known.</summary>
    public long? Keys => Primaries.Aggregate((long?)0, (sum, primary) => sum + primary.Info.KeysIn(Named.Database));
}
