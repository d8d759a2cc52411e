using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;

namespace Godwit.Tests.Connections.Topology;

public sealed class ClusterNodesTextTests
{
    private const string Two = """
        aa 10.0.0.1:7001@17001,one.example myself,master - 0 0 3 connected 0-99 101 [7->-bb] [9-<-bb]
        bb 10.0.0.2:7002@17002,two.example master - 0 0 2 connected 100 102-16383
        cc 10.0.0.3:7003@17003,three.example slave aa 0 0 3 connected
        dd 10.0.0.4:7004@17004,four.example slave,fail bb 0 0 2 disconnected
        ee :0@0 master,noaddr - 0 0 1 disconnected

        """;

    private static readonly RedisEndpoint Asked = new()
    {
        Host = "seed",
        Port = 7001,
        User = "me",
        Password = "secret",
    };

    [Fact]
    public void Parse_TwoShards_GivesTheMap()
    {
        var view = ClusterView.Of(ClusterNodesText.Parse(Two, Asked));

        var map = view.ToMap(5);
        map.Version.ShouldBe(5);
        map.Shards.Select(shard => shard.Primary.ToString())
            .ShouldBe(["redis://10.0.0.1:7001", "redis://10.0.0.2:7002"]);
        map.Shards[0].Primary.Password.ShouldBe("secret");
        map.Shards[0].Replicas.ShouldHaveSingleItem().Port.ShouldBe(7003);
        map.Shards[1].Replicas.ShouldBeEmpty("its only replica has failed");
        map.OwnerOf(99).ShouldBe(0);
        map.OwnerOf(100).ShouldBe(1);
        map.OwnerOf(101).ShouldBe(0);
        map.UnownedSlots.ShouldBe(0);
        map.MovingSlots.ShouldBe([7, 9], ignoreOrder: true);
    }

    [Fact]
    public void Parse_OverTls_TakesHostNames() =>
        ClusterNodesText
            .Parse(Two, Asked with { Tls = new TlsOptions() })[0]
            .Endpoint.ToString()
            .ShouldBe("rediss://one.example:7001");

    [Fact]
    public void Parse_NodeWithoutItsOwnAddress_WasTheOneAsked() =>
        ClusterNodesText
            .Parse("aa :7001@17001 myself,master - 0 0 0 connected 0-100", Asked)[0]
            .Endpoint.Host.ShouldBe("seed");

    [Theory]
    [InlineData("what is this")]
    [InlineData("aa h:1@2 master - 0 0 1 connected 16384")]
    [InlineData("aa h:1@2 master - 0 0 1 connected x-y")]
    [InlineData("aa h:1@2 master - 0 0 x connected 1")]
    [InlineData("aa h:1@2 master - 0 0 99999999999999999999 connected 1")]
    [InlineData("aa h:99999@2 master - 0 0 1 connected 1")]
    [InlineData("aa h:@2 master - 0 0 1 connected 1")]
    [InlineData("aa h:1@2 master - 0 0 1 connected [5]")]
    public void Parse_SomethingElse_Throws(string text) =>
        Should.Throw<FormatException>(() => ClusterNodesText.Parse(text, Asked));

    [Fact]
    public void ToMap_TwoClaimASlot_HigherEpochHasIt()
    {
        const string Claims = """
            aa h:1@2 master - 0 0 3 connected 0-10
            bb h:2@2 master - 0 0 4 connected 10-20
            """;

        var map = ClusterView.Of(ClusterNodesText.Parse(Claims, Asked)).ToMap(0);

        map.OwnerOf(10).ShouldBe(1);
        map.UnownedSlots.ShouldBe(16384 - 21);
    }

    [Theory]
    [InlineData("MOVED 12182 10.0.0.1:7002", false, "10.0.0.1")]
    [InlineData("ASK 12182 :7002", true, "seed")]
    [InlineData("ASK 12182 2001:db8::1:7002", true, "2001:db8::1")]
    public void Redirection_OfAClusterNode_IsRead(string error, bool isAsk, string host) =>
        Redirection
            .TryParse(error, Asked)
            .ShouldBe(new Redirection(isAsk, 12182, Asked with { Host = host, Port = 7002 }));

    [Theory]
    [InlineData("MOVED")]
    [InlineData("MOVED 99999 h:1")]
    [InlineData("MOVED 5 h")]
    [InlineData("MOVED 5 h:0")]
    [InlineData("ERR MOVED 5 h:1")]
    public void Redirection_OfAnythingElse_IsNone(string error) => Redirection.TryParse(error, Asked).ShouldBeNull();
}
