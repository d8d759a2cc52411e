using System.Globalization;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Tests.Connections;

namespace Godwit.Connections.Topology;

public sealed class SentinelTopologyTests : IAsyncLifetime
{
    private readonly FakeServer _first = Server(() => "master");
    private readonly FakeServer _second;
    private string _roleOfSecond = "slave";

    public SentinelTopologyTests() => _second = Server(() => _roleOfSecond);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Discover_OneSentinelAnswers_GivesPrimaryAndReplicas()
    {
        await using var sentinel = Sentinel(() => (_first, 1), _second);
        var dead = new RedisEndpoint { Host = "127.0.0.1", Port = 1 };
        await using var topology = await DiscoverAsync(dead, sentinel.Endpoint);
        var shard = topology.Map.Shards.ShouldHaveSingleItem();
        shard.Primary.Port.ShouldBe(_first.Endpoint.Port);
        shard.Primary.Password.ShouldBe("of the servers");
        shard.Replicas.ShouldHaveSingleItem().Port.ShouldBe(_second.Endpoint.Port);
        topology.CanFailOver.ShouldBeTrue();
        topology.IsCluster.ShouldBeFalse();
    }

    [Fact]
    public async Task Discover_SentinelsDisagree_LatestFailoverIsBelieved()
    {
        _roleOfSecond = "master";
        await using var old = Sentinel(() => (_first, 1));
        await using var current = Sentinel(() => (_second, 2));
        await using var topology = await DiscoverAsync(old.Endpoint, current.Endpoint);
        topology.Map.Shards[0].Primary.Port.ShouldBe(_second.Endpoint.Port);
    }

    [Fact]
    public async Task Discover_NamedPrimaryIsReplica_OtherSentinelIsBelieved()
    {
        await using var ahead = Sentinel(() => (_second, 2));
        await using var behind = Sentinel(() => (_first, 1));
        await using var topology = await DiscoverAsync(ahead.Endpoint, behind.Endpoint);
        topology.Map.Shards[0].Primary.Port.ShouldBe(_first.Endpoint.Port);
    }

    [Fact]
    public async Task Renew_AfterFailover_GivesNewPrimaryAndVersion()
    {
        var answer = (_first, 1);
        await using var sentinel = Sentinel(() => answer);
        await using var topology = await DiscoverAsync(sentinel.Endpoint);
        (answer, _roleOfSecond) = ((_second, 2), "master");
        var map = await topology.RenewAsync(topology.Map.Version, TestContext.Current.CancellationToken);
        map.Version.ShouldBe(1);
        map.Shards[0].Primary.Port.ShouldBe(_second.Endpoint.Port);
    }

    [Fact]
    public async Task Discover_UnknownService_SaysHowToFindItsName()
    {
        await using var sentinel = FakeServer.Redis(words =>
            words.StartsWith("SENTINEL GET-MASTER", StringComparison.Ordinal) ? "*-1\r\n" : null
        );
        var exception = await Should.ThrowAsync<GodwitException>(() => DiscoverAsync(sentinel.Endpoint));
        exception.Message.ShouldContain("watches over no service mine");
        exception.WhatToDo!.ShouldContain("SENTINEL MASTERS");
    }

    private static Task<SentinelTopology> DiscoverAsync(params RedisEndpoint[] sentinels) =>
        SentinelTopology.DiscoverAsync(
            new SentinelEndpoint
            {
                Sentinels = sentinels,
                Service = "mine",
                Password = "of the servers",
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );

    private static FakeServer Server(Func<string> role) =>
        FakeServer.Redis(words => words == "ROLE" ? $"*3\r\n{Bulk(role())}:0\r\n*0\r\n" : null);

    private static FakeServer Sentinel(Func<(FakeServer Primary, int Epoch)> state, FakeServer? replica = null) =>
        FakeServer.Redis(words =>
            words switch
            {
                "SENTINEL GET-MASTER-ADDR-BY-NAME mine" => $"*2\r\n{Address(state().Primary)}",
                "SENTINEL MASTER mine" => $"*2\r\n{Bulk("config-epoch")}{Bulk($"{state().Epoch}")}",
                "SENTINEL REPLICAS mine" => replica is null
                    ? "*0\r\n"
                    : $"*1\r\n*6\r\n{Bulk("ip")}{Bulk("127.0.0.1")}{Bulk("port")}{Bulk(Port(replica))}{Bulk("flags")}{Bulk("slave")}",
                "SENTINEL SENTINELS mine" => "*0\r\n",
                _ => null,
            }
        );

    private static string Address(FakeServer server) => Bulk("127.0.0.1") + Bulk(Port(server));

    private static string Port(FakeServer server) => server.Endpoint.Port.ToString(CultureInfo.InvariantCulture);

    private static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";
}
