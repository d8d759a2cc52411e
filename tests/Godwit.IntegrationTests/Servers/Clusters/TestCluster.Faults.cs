using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <content>Broken connections.</content>
internal sealed partial class TestCluster
{
    /// <summary>
    /// Puts a proxy before a node and has the whole cluster send clients there. Replicas that connect to the node from now
    /// on go there too.
    /// </summary>
    public async Task<FaultProxy> ProxyAsync(ClusterNode node)
    {
        var proxy = new FaultProxy(node.Port);
        var parameter = _settings.Tls is null ? "cluster-announce-port" : "cluster-announce-tls-port";
        node.Client.Call("CONFIG", "SET", parameter, proxy.Port);
        await Wait.UntilAsync(
            () => Nodes.All(other => KnownOf(other).Single(known => known.Id == node.Id).Port == proxy.Port),
            "each node sends clients to the proxy",
            Describe
        );
        return proxy;
    }
}
