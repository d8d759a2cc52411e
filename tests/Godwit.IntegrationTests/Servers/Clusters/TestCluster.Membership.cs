namespace Godwit.IntegrationTests.Servers.Clusters;

/// <content>Nodes that come and go.</content>
internal sealed partial class TestCluster
{
    /// <summary>Adds a shard that has no slots yet, but the others' functions, as <c>redis-cli --cluster add-node</c> does.</summary>
    public async Task<ClusterNode> AddPrimaryAsync()
    {
        var node = await AddAsync(_nodes.Max(node => node.Shard) + 1);
        if (Version != ServerVersion.Redis60)
            node.Client.Call("FUNCTION", "RESTORE", Primaries[0].Client.Call("FUNCTION", "DUMP")!);
        return node;
    }

    public async Task<ClusterNode> AddReplicaAsync(int shard)
    {
        var primary = Primary(shard);
        var replica = await AddAsync(shard);
        replica.Client.Call("CLUSTER", "REPLICATE", primary.Id);
        await SettleAsync();
        return replica;
    }

    /// <summary>Takes a node out of the cluster and ends it. It must be a replica, or a primary without slots and replicas.</summary>
    public async Task RemoveAsync(ClusterNode node)
    {
        foreach (var other in Nodes.Where(other => other != node))
            other.Client.Call("CLUSTER", "FORGET", node.Id);
        _nodes = [.. _nodes.Where(other => other != node)];
        await node.DisposeAsync();
        await SettleAsync();
    }

    private async Task<ClusterNode> AddAsync(int shard)
    {
        var node = await ClusterNode.StartAsync(Version, _settings.Node, shard);
        foreach (var other in Nodes)
            Meet(node, other);
        _nodes = [.. _nodes, node];
        await SettleAsync();
        return node;
    }
}
