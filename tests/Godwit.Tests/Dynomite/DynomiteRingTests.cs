using System.Globalization;
using Godwit.Dynomite;
using Godwit.Migration;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Dynomite;

public sealed class DynomiteRingTests : IDisposable
{
    private const uint Half = 1u << 31;

    private readonly MigrationRig _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Choose_NothingNamed_TakesTheConfigurationsOwnRack()
    {
        var rack = Ring(Conf("r2", "10.0.0.3", 0, Seeds)).Choose(null, null, _log);

        rack.ToString().ShouldBe("rack r2 of datacenter dc1");
        rack.Nodes.Select(node => node.ToString()).ShouldBe(["10.0.0.3:8101", "10.0.0.4:8101"]);
        _log.Log.ShouldBeEmpty();
    }

    [Fact]
    public void Choose_Named_TakesThat() =>
        Ring(Conf("r2", "10.0.0.3", 0, Seeds)).Choose("dc1", "r1", _log).Name.ShouldBe("r1");

    [Theory]
    [InlineData("dc9", null, "datacenter dc9")]
    [InlineData(null, "r9", "rack r9")]
    [InlineData("dc9", "r1", "rack r1 in a datacenter dc9")]
    public void Choose_NoSuchRack_IsRefusedWithThoseThatThereAre(string? datacenter, string? rack, string expected)
    {
        var ring = Ring(Conf("r2", "10.0.0.3", 0, Seeds));

        var error = Should.Throw<RefusedException>(() => ring.Choose(datacenter, rack, _log));

        error.Message.ShouldContain(expected);
        error.WhatToDo.ShouldNotBeNull().ShouldContain("rack r1 of datacenter dc1");
    }

    [Fact]
    public void Choose_OwnRackLacksANode_TakesAnotherAndSaysWhy()
    {
        var seeds = Seeds.Where(seed => seed.Address.Host != "10.0.0.4").ToArray();
        var ring = Ring(Conf("r2", "10.0.0.3", 0, seeds));

        ring.Choose(null, null, _log).Name.ShouldBe("r1");

        _log.Log.ShouldHaveSingleItem().ShouldContain("(0, 2147483648]");
        var error = Should.Throw<RefusedException>(() => ring.Choose(null, "r2", _log));
        error.Message.ShouldContain("rack r2 of datacenter dc1: there is a gap in its tokens: (0, 2147483648]");
    }

    [Fact]
    public void Choose_TheNodeOfTheLowestTokenIsMissing_NamesTheRangeOverTheRingsEnd()
    {
        var seeds = Seeds.Where(seed => seed.Address.Host != "10.0.0.1").ToArray();

        var error = Should.Throw<RefusedException>(() =>
            Ring(Conf("r2", "10.0.0.3", 0, seeds)).Choose(null, "r1", _log)
        );

        error.Message.ShouldContain("(2147483648, 0]");
    }

    [Fact]
    public void Faults_RacksOfOtherTokens_AreFoundByTheWidthOfTheirRanges()
    {
        // Three nodes of four, a little beside those of the other rack.
        uint[] four = [0, 1u << 30, Half, 3u << 30];
        DynomiteSeed[] seeds =
        [
            .. four.Select((token, i) => Seed($"10.1.0.{i + 1}", "r1", token)),
            .. four.Take(3).Select((token, i) => Seed($"10.2.0.{i + 1}", "r2", token + 7)),
        ];
        var ring = Ring(Conf("r3", "10.3.0.1", 5, seeds));

        ring.FaultsOf(ring.Racks.Single(rack => rack.Name == "r1")).ShouldBeEmpty();
        ring.FaultsOf(ring.Racks.Single(rack => rack.Name == "r2"))
            .ShouldHaveSingleItem()
            .ShouldContain("(2147483655, 7]");
    }

    [Theory]
    [InlineData(12345678u, 1383429731u, 12345678u, 1383429731u)]
    [InlineData(0u, 2147483648u, 100u, 2147483548u)]
    [InlineData(0u, 4294967295u, 0u, 4294967295u)]
    public void Faults_SameNumberOfTokensNearEachOther_AreNone(uint a, uint b, uint c, uint d)
    {
        var ring = Ring(
            Conf("r1", "10.0.0.1", a, Seed("10.0.0.2", "r1", b), Seed("10.0.0.3", "r2", c), Seed("10.0.0.4", "r2", d))
        );

        ring.Racks.Count.ShouldBe(2);
        foreach (var rack in ring.Racks)
            ring.FaultsOf(rack).ShouldBeEmpty();
    }

    [Fact]
    public void Faults_TwoNodesWithOneToken_AreNamed()
    {
        var ring = Ring(Conf("r1", "10.0.0.1", 0, Seed("10.0.0.2", "r1", Half), Seed("10.0.0.9", "r1", Half)));

        var error = Should.Throw<RefusedException>(() => ring.Choose(null, null, _log));

        error.Message.ShouldContain("token 2147483648 belongs to more than one node: 10.0.0.2:8101, 10.0.0.9:8101");
    }

    [Fact]
    public void Faults_TwoConfigurationsWithOneToken_AreNamed() =>
        Should
            .Throw<RefusedException>(() =>
                Ring(Conf("r1", "10.0.0.1", 0), Conf("r1", "10.0.0.2", 0)).Choose(null, null, _log)
            )
            .Message.ShouldContain("token 0 belongs to more than one node");

    [Fact]
    public void Of_ConfigurationsOfAllNodes_AreOneRing()
    {
        var confs = Seeds.Select((seed, i) => Own(seed, 7000 + i)).ToArray();

        // One of them twice: a directory and a file in it.
        var ring = Ring([.. confs, confs[0]]);

        ring.Racks.Sum(rack => rack.Nodes.Count).ShouldBe(4);
        ring.Racks.SelectMany(rack => rack.Nodes)
            .ShouldAllBe(node => !node.IsPortAssumed && node.RedisAddresses.Count == 1);
        ring.Racks.SelectMany(rack => rack.Nodes)
            .Select(node => node.RedisAddresses[0])
            .ShouldBe(Seeds.Select((seed, i) => new HostAndPort(seed.Address.Host, 7000 + i)), ignoreOrder: true);
        ring.Choose(null, null, _log).Name.ShouldBe("r1");
    }

    [Fact]
    public void Of_NodeThatListensEverywhere_IsWhereOthersSayItIs()
    {
        var everywhere = Conf("r1", "0.0.0.0", 0);
        var alone = Ring(everywhere).Racks[0].Nodes[0];
        alone.RedisAddresses.ShouldBe([new HostAndPort("127.0.0.1", 22122)]);

        var ring = Ring(everywhere, Conf("r1", "10.0.0.2", Half, Seed("10.0.0.1", "r1", 0)));
        ring.Racks[0].Nodes.Count.ShouldBe(2);
        ring.Racks[0].Nodes[0].RedisAddresses.ShouldBe([new HostAndPort("10.0.0.1", 22122)]);

        // It names itself too.
        var itself = Ring(Conf("r1", "0.0.0.0", 0, Seed("10.0.0.1", "r1", 0))).Racks[0].Nodes.ShouldHaveSingleItem();
        itself.RedisAddresses.ShouldBe([new HostAndPort("10.0.0.1", 22122)]);
    }

    [Fact]
    public void RedisAddresses_AllOnOneMachine_TryTheNodesOwnFirst() =>
        Ring(Conf("r1", "127.0.0.2", 0))
            .Racks[0]
            .Nodes[0]
            .RedisAddresses.ShouldBe([new HostAndPort("127.0.0.2", 22122), new HostAndPort("127.0.0.1", 22122)]);

    [Fact]
    public void Of_Description_HasAssumedPorts()
    {
        var nodes = ClusterDescription.Read(
            """
            {"dcs": [{"name":"dc1","racks": [{"name":"r1","servers": [
              {"name":"10.0.0.1","host":"0.0.0.0","port":8101,"token":0},
              {"name":"10.0.0.2","host":"host-2","port":8101,"token":"2147483648"}]}]}]}
            """,
            "n1"
        );
        var byDefault = DynomiteRing.Of([], [("n1", nodes)], redisPort: null).Racks[0].Nodes;
        byDefault.ShouldAllBe(node => node.IsPortAssumed);
        byDefault
            .Select(node => node.RedisAddresses.ShouldHaveSingleItem())
            .ShouldBe([new HostAndPort("10.0.0.1", 22122), new HostAndPort("host-2", 22122)]);
        DynomiteRing.Of([], [("n1", nodes)], redisPort: 6379).Racks[0].Nodes[0].RedisAddresses[0].Port.ShouldBe(6379);

        // A configuration beside it says more of its own node.
        var both = DynomiteRing.Of([Conf("r1", "10.0.0.1", 0)], [("n1", nodes)], redisPort: null).Racks[0].Nodes;
        both.Count.ShouldBe(2);
        both[0].IsPortAssumed.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"dcs":{}}""")]
    [InlineData("""{"dcs":[{"name":"d","racks":[{"name":"r","servers":[{"name":"a","host":"a","port":1}]}]}]}""")]
    [InlineData(
        """{"dcs":[{"name":"d","racks":[{"name":"r","servers":[{"name":"a","host":"a","port":99999999999,"token":1}]}]}]}"""
    )]
    [InlineData(
        """{"dcs":[{"name":"d","racks":[{"name":"","servers":[{"name":"a","host":"a","port":1,"token":1}]}]}]}"""
    )]
    [InlineData(
        """{"dcs":[{"name":"d","racks":[{"name":"r","servers":[{"name":"a","host":"a","port":1,"token":-1}]}]}]}"""
    )]
    public void Description_IsNone_IsRefused(string text) =>
        Should.Throw<RefusedException>(() => ClusterDescription.Read(text, "n1")).Message.ShouldContain("n1");

    [Fact]
    public void Choose_NoNodes_IsRefused() =>
        Should.Throw<RefusedException>(() => DynomiteRing.Of([], [("n1", [])], null).Choose(null, null, _log));

    [Theory]
    [InlineData("._add-set", true)]
    [InlineData("._rem-set", true)]
    [InlineData("._add-set_a hash", true)]
    [InlineData("._rem-set_", true)]
    [InlineData("._add-sets", false)]
    [InlineData("_add-set", false)]
    [InlineData("x._add-set", false)]
    [InlineData("", false)]
    public void Metadata_IsKnownByItsNames(string key, bool expected) =>
        DynomiteMetadata.IsKey(System.Text.Encoding.UTF8.GetBytes(key)).ShouldBe(expected);

    private static DynomiteSeed[] Seeds =>
        [
            Seed("10.0.0.1", "r1", 0),
            Seed("10.0.0.2", "r1", Half),
            Seed("10.0.0.3", "r2", 0),
            Seed("10.0.0.4", "r2", Half),
        ];

    private static DynomiteRing Ring(params DynomiteConf[] confs) => DynomiteRing.Of(confs, [], redisPort: null);

    private static DynomiteSeed Seed(string host, string rack, uint token) =>
        new(new HostAndPort(host, 8101), rack, "dc1", [token]);

    private static DynomiteConf Own(DynomiteSeed seed, int redisPort) =>
        Conf(
            seed.Rack,
            seed.Address.Host,
            seed.Tokens[0],
            [.. Seeds.Where(other => other.Address != seed.Address)]
        ) with
        {
            Server = new HostAndPort("127.0.0.1", redisPort),
        };

    private static DynomiteConf Conf(string rack, string host, uint token, params DynomiteSeed[] seeds) =>
        new()
        {
            File = string.Create(CultureInfo.InvariantCulture, $"{rack}-{host}-{token}.yml"),
            Datacenter = "dc1",
            Rack = rack,
            Listen = new HostAndPort(host, 8101),
            Server = new HostAndPort("127.0.0.1", 22122),
            Tokens = [token],
            Seeds = seeds,
        };
}
