using Godwit.Connections;

namespace Godwit.Tests.Connections;

public sealed class ServerInfoTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Parse_Redis_FindsEverything()
    {
        var info = ServerInfo.Parse(
            "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\n\r\n"
                + "# Memory\r\nused_memory:1048576\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n\r\n"
                + "# Replication\r\nrole:master\r\n\r\n"
                + "# Keyspace\r\ndb10:keys=1,expires=0,avg_ttl=0\r\ndb0:keys=3,expires=2,avg_ttl=5\r\n"
        );

        info.DisplayName.ShouldBe("redis 7.0.15");
        info.Product.ShouldBe(ServerProduct.Redis);
        info.Version.ShouldBe(new Version(7, 0, 15));
        info.RedisVersion.ShouldBe(new Version(7, 0, 15));
        info.Mode.ShouldBe(ServerMode.Standalone);
        info.Role.ShouldBe(ServerRole.Primary);
        info.RunId.ShouldBe("abc");
        info.UsedMemory.ShouldBe(1048576);
        info.MaxMemory.ShouldBe(0);
        info.MaxMemoryPolicy.ShouldBe("noeviction");
        info.Keyspaces.ShouldBe([new KeyspaceInfo(0, 3, 2), new KeyspaceInfo(10, 1, 0)]);
        info.TotalKeys.ShouldBe(4);
        info["role"].ShouldBe("master");
        info.IsComplete.ShouldBeTrue();
    }

    [Theory]
    [InlineData(
        "redis_version:7.2.4\nserver_name:valkey\nvalkey_version:9.1.2\nserver_mode:cluster\nrole:slave",
        "valkey 9.1.2"
    )]
    [InlineData("redis_version:7.4.0\ndragonfly_version:df-v1.21.0\n", "dragonfly df-v1.21.0")]
    [InlineData("redis_version:7.2.4\nserver_name:newcomer\nnewcomer_version:1", "newcomer 1")]
    [InlineData("redis_version:7.2.4\nserver_name:newcomer\n", "newcomer")]
    [InlineData("redis_version:7.2.4\nserver_name:redis\n", "redis 7.2.4")]
    [InlineData("", "unknown server")]
    public void Parse_Products_ToldApart(string text, string expected) =>
        ServerInfo.Parse(text).DisplayName.ShouldBe(expected);

    [Theory]
    [InlineData("8.0-rc1", "8.0")]
    [InlineData("7", "7.0")]
    [InlineData("255.255.255", "255.255.255")]
    [InlineData("unstable", null)]
    [InlineData("99999999999.1", null)]
    public void Parse_OddVersions_GiveTheirNumbers(string text, string? expected) =>
        (ServerInfo.Parse($"redis_version:{text}").Version?.ToString()).ShouldBe(expected);

    [Fact]
    public void Parse_ClusterReplica_HasModeAndRole()
    {
        var info = ServerInfo.Parse("valkey_version:8.1.0\r\nserver_mode:cluster\r\nrole:slave\r\n");

        info.Mode.ShouldBe(ServerMode.Cluster);
        info.Role.ShouldBe(ServerRole.Replica);
        ServerInfo.Parse("redis_mode:sentinel").Mode.ShouldBe(ServerMode.Sentinel);
    }

    [Fact]
    public async Task AskAsync_InfoRefused_AsksHello()
    {
        await using var server = FakeServer.Redis(words =>
            words switch
            {
                "INFO" => "-NOPERM no\r\n",
                "HELLO 2" =>
                    "*8\r\n+server\r\n+valkey\r\n+version\r\n+8.1.3\r\n+mode\r\n+standalone\r\n+role\r\n+master\r\n",
                _ => null,
            }
        );
        await using var connection = await server.ConnectAsync();

        var info = await ServerInfo.AskAsync(connection, Stop);

        info.DisplayName.ShouldBe("valkey 8.1.3");
        info.Product.ShouldBe(ServerProduct.Valkey);
        info.Mode.ShouldBe(ServerMode.Standalone);
        info.Role.ShouldBe(ServerRole.Primary);
        info.IsComplete.ShouldBeFalse();
        info.TotalKeys.ShouldBeNull();
        info.MaxMemory.ShouldBeNull();
    }

    [Fact]
    public async Task AskAsync_AllRefused_IsUnknown()
    {
        await using var server = FakeServer.Redis(_ => "-NOPERM no\r\n");
        await using var connection = await server.ConnectAsync();

        var info = await ServerInfo.AskAsync(connection, Stop);

        info.DisplayName.ShouldBe("unknown server");
        info.Product.ShouldBe(ServerProduct.Unknown);
        (await ServerInfo.AskModulesAsync(connection, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task AskModulesAsync_Modules_AreNamed()
    {
        await using var server = FakeServer.Redis(words =>
            words is "MODULE LIST" ? "*1\r\n*4\r\n$4\r\nname\r\n$6\r\nReJSON\r\n$3\r\nver\r\n:20809\r\n" : null
        );
        await using var connection = await server.ConnectAsync();

        (await ServerInfo.AskModulesAsync(connection, Stop)).ShouldBe([new ServerModule("ReJSON", 20809)]);
    }
}
