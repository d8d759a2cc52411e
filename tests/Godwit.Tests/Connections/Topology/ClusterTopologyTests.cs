using Godwit.Connections.Topology;
using Godwit.Protocol;

namespace Godwit.Tests.Connections.Topology;

public sealed class ClusterTopologyTests
{
    private const string Mine = "aa :{0}@1 myself,master - 0 0 1 connected 0-8000\n";

    [Theory]
    [InlineData("bb :0@0 master,noaddr,fail - 0 0 2 disconnected 8001-16383\n")]
    [InlineData("bb :0@0 master,noaddr - 0 0 2 disconnected 8001 9000-9001 [8001->-aa]\n")]
    public async Task Discover_SlotsOfANodeWithoutAddress_AreNotPassedOver(string lost)
    {
        var exception = await Should.ThrowAsync<GodwitException>(() => DiscoverAsync(Mine + lost));
        exception.Message.ShouldContain("8001");
        exception.WhatToDo.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("bb :0@0 master,noaddr,fail - 0 0 1 disconnected\n")]
    [InlineData("bb :0@0 slave,noaddr aa 0 0 1 disconnected\n")]
    [InlineData("bb :0@0 master,noaddr,fail - 0 0 0 disconnected 0-100\n")]
    public async Task Discover_NodeWithoutAddressThatOwnsNothing_DoesNotMatter(string lost)
    {
        await using var topology = await DiscoverAsync(Mine + lost);
        topology.Map.Shards.ShouldHaveSingleItem();
        topology.Map.UnownedSlots.ShouldBe(16384 - 8001);
    }

    private static async Task<ClusterTopology> DiscoverAsync(string nodes)
    {
        FakeServer? server = null;
        server = FakeServer.Redis(words =>
        {
            var text = nodes.Replace("{0}", $"{server!.Endpoint.Port}", StringComparison.Ordinal);
            return words == "CLUSTER NODES" ? $"${text.Length}\r\n{text}\r\n" : null;
        });
        await using var closing = server;
        await using var connection = await server.ConnectAsync();
        return await ClusterTopology.DiscoverAsync(
            connection,
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
    }
}
