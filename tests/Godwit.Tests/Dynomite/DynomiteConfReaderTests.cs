using Godwit.Dynomite;
using Godwit.Migration;

namespace Godwit.Tests.Dynomite;

public sealed class DynomiteConfReaderTests
{
    [Fact]
    public void Read_Configuration_HasWhatMatters()
    {
        var conf = DynomiteConfReader.Read(
            """
            # a comment
            dyn_o_mite:
              datacenter: dc2
              rack: rack1
              dyn_listen: 127.0.0.2:8101
              dyn_seeds:
              - 10.0.0.1:8101:rack1:dc1:1383429731
              - fe80::1:8101:rack2:dc2:5,7
              - host-3.example:8101:rack1:dc2:12345678 
              listen: 127.0.0.2:8102
              servers:
              - 127.0.0.1:22122:1 some name
              tokens: '1383429731, 4294967295'
              secure_server_option: datacenter
              pem_key_file: conf/dynomite.pem
              requirepass: hunter2
              nested: { deeper: [1, { still: deeper }], x: 1 }
              data_store: 0
            """,
            "n.yml"
        );

        conf.Datacenter.ShouldBe("dc2");
        conf.Rack.ShouldBe("rack1");
        conf.Listen.ShouldBe(new HostAndPort("127.0.0.2", 8101));
        conf.Server.ShouldBe(new HostAndPort("127.0.0.1", 22122));
        conf.Tokens.ShouldBe([1383429731u, 4294967295u]);
        conf.Password.ShouldBe("hunter2");
        conf.ToString().ShouldNotContain("hunter2");
        conf.Seeds.Select(seed => (seed.Address, seed.Rack, seed.Datacenter))
            .ShouldBe([
                (new HostAndPort("10.0.0.1", 8101), "rack1", "dc1"),
                (new HostAndPort("fe80::1", 8101), "rack2", "dc2"),
                (new HostAndPort("host-3.example", 8101), "rack1", "dc2"),
            ]);
        conf.Seeds[1].Tokens.ShouldBe([5u, 7u]);
    }

    [Fact]
    public void Read_LeastThatDynomiteTakes_HasItsDefaults()
    {
        var conf = DynomiteConfReader.Read("dyn_o_mite:\n  tokens: 0\n  servers:\n  - 127.0.0.1:6379:1\n", "n.yml");

        conf.Datacenter.ShouldBe("localdc");
        conf.Rack.ShouldBe("localrack");
        conf.Listen.ShouldBe(new HostAndPort("0.0.0.0", 8101));
        conf.Tokens.ShouldBe([0u]);
        conf.Seeds.ShouldBeEmpty();
        conf.Password.ShouldBeNull();
    }

    [Theory]
    [InlineData("", "no dyn_o_mite")]
    [InlineData("- a\n- b", "no dyn_o_mite")]
    [InlineData("just words", "no dyn_o_mite")]
    [InlineData("dyn_o_mite:", "no dyn_o_mite")]
    [InlineData("alpha:\n  tokens: 1", "no dyn_o_mite")]
    [InlineData("dyn_o_mite:\n\ttokens: 1", "is no YAML")]
    [InlineData("dyn_o_mite: {tokens: [", "is no YAML")]
    [InlineData("dyn_o_mite:\n  tokens: *none\n", "0 of them")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  tokens: 2\n  servers:\n  - a:1:1", "tokens stands twice")]
    [InlineData("dyn_o_mite:\n  servers:\n  - a:1:1", "no token")]
    [InlineData("dyn_o_mite:\n  tokens:\n  servers:\n  - a:1:1", "no token")]
    [InlineData("dyn_o_mite:\n  tokens: -1\n  servers:\n  - a:1:1", "the token -1")]
    [InlineData("dyn_o_mite:\n  tokens: 4294967296\n  servers:\n  - a:1:1", "the token 4294967296")]
    [InlineData("dyn_o_mite:\n  tokens: 1.5\n  servers:\n  - a:1:1", "the token 1.5")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n", "0 of them")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:1:1\n  - b:1:1", "2 of them")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a", "host:port:weight")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:70000:1", "host:port:weight")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - /tmp/redis.sock:1", "the socket")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:1:1\n  dyn_seeds:\n  - a:8101:r:d", "host:port:rack")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:1:1\n  dyn_seeds:\n  - a:8101::d:1", "host:port:rack")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:1:1\n  dyn_listen: 8101", "host:port")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:1:1\n  rack: [a, b]", "2 values")]
    [InlineData("dyn_o_mite:\n  tokens: 1\n  servers:\n  - a:1:1\n  data_store: 1", "memcached")]
    public void Read_NotSuchAConfiguration_IsRefusedInWords(string text, string expected)
    {
        var error = Should.Throw<RefusedException>(() => DynomiteConfReader.Read(text, "n.yml"));

        error.Message.ShouldContain(expected);
        error.Message.ShouldContain("n.yml");
        error.WhatToDo.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Read_DeepAndWide_CostsNoMoreThanReading()
    {
        const int depth = 200_000;
        var deep = "dyn_o_mite:\n  x: " + new string('[', depth) + new string(']', depth);
        Should.Throw<RefusedException>(() => DynomiteConfReader.Read(deep, "n.yml"));

        // Each line stands for ten of the line before: nobody may write that out.
        var lines = Enumerable
            .Range(1, 30)
            .Select(i => $"  a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]");
        var bomb = $"dyn_o_mite:\n  a0: &a0 x\n{string.Join('\n', lines)}\n  tokens: 1\n  servers: [\"a:1:1\"]\n";
        DynomiteConfReader.Read(bomb, "n.yml").Tokens.ShouldBe([1u]);
    }
}
