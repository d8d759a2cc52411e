using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <content>Primaries that go, and replicas that take over.</content>
internal sealed partial class TestCluster
{
    /// <summary>Kills a shard's primary, and returns at once: the replica needs some seconds to take over.</summary>
    public async Task<ClusterNode> KillPrimaryAsync(int shard)
    {
        var primary = Primary(shard);
        await primary.KillAsync();
        return primary;
    }

    /// <summary>Waits until a replica has taken the place of a killed or suspended primary, and all others know it.</summary>
    public async Task<ClusterNode> WaitForTakeOverAsync(int shard)
    {
        await Wait.UntilAsync(
            () => Nodes.Any(node => node.Shard == shard && node.IsPrimary),
            $"a replica of shard {shard} takes over",
            Describe
        );
        await SettleAsync();
        return Primary(shard);
    }

    /// <summary>Has a replica change places with its primary in order, both running: no write is lost.</summary>
    public async Task<ClusterNode> FailOverAsync(int shard)
    {
        var replica = Replicas(shard)[0];
        replica.Client.Call("CLUSTER", "FAILOVER");
        await Wait.UntilAsync(() => replica.IsPrimary, $"the replica of shard {shard} takes over", Describe);
        await SettleAsync();
        return replica;
    }
}
