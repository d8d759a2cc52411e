using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <content>Whether the nodes agree on who they are, and on who has what.</content>
internal sealed partial class TestCluster
{
    /// <summary>
    /// Waits until all running nodes know the same of each other, take commands, and the replicas follow their primaries.
    /// </summary>
    public Task SettleAsync() => Wait.UntilAsync(IsSettled, "the nodes of the cluster agree", Describe);

    /// <summary>Waits until every replica has all that its primary took so far.</summary>
    public async Task CatchUpAsync()
    {
        foreach (var primary in Primaries)
        {
            var replicas = Replicas(primary.Shard).Count;
            if (replicas > 0)
                await Wait.UntilAsync(
                    () => primary.Client.Number("WAIT", replicas, 1000) >= replicas,
                    "replicas catch up"
                );
        }
    }

    private bool IsSettled()
    {
        var views = Nodes.Select(View).Distinct(StringComparer.Ordinal).ToArray();
        return views.Length == 1
            && Nodes.All(KnowsAll)
            && Nodes.All(node => Says(node, "CLUSTER", "INFO", "cluster_state:ok"))
            && Nodes.All(node => node.IsPrimary || Says(node, "INFO", "replication", "master_link_status:up"));
    }

    /// <summary>What a node knows of those that run.</summary>
    private string View(ClusterNode node) =>
        string.Join('\n', KnownOf(node).Select(known => known.Summary).Order(StringComparer.Ordinal));

    private bool KnowsAll(ClusterNode node) => KnownOf(node).Count(known => known.IsWell) == Nodes.Count;

    private IEnumerable<KnownNode> KnownOf(ClusterNode node)
    {
        var running = Nodes.Select(other => other.Id).ToHashSet(StringComparer.Ordinal);
        return KnownNode.Ask(node.Client).Where(known => running.Contains(known.Id));
    }

    private static bool Says(ClusterNode node, string command, string section, string line) =>
        node.Client.Text(command, section).Contains(line, StringComparison.Ordinal);

    private string Describe() =>
        string.Join('\n', Nodes.Select(node => $"{node.Id}:\n{node.Client.Text("CLUSTER", "NODES")}"));
}
