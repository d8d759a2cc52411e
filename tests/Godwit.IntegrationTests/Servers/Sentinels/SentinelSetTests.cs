using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers.Sentinels;

public sealed class SentinelSetTests
{
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task FailOverAsync_AllRunning_AReplicaTakesThePlace(ServerVersion version)
    {
        await using var set = await SentinelSet.StartAsync(version);
        var old = set.Primary;
        using var client = old.Connect();
        client.Call("SET", "key", "value");
        client.Call("WAIT", 2, 60_000);

        var primary = await set.FailOverAsync();

        primary.ShouldNotBe(old);
        using var reader = primary.Connect();
        reader.Text("GET", "key").ShouldBe("value");
        reader.Text("INFO", "replication").ShouldContain("role:master");
        set.Servers.Count.ShouldBe(3);
    }

    [Fact]
    public async Task KillPrimaryAsync_WithTlsAndPasswords_AReplicaTakesThePlace()
    {
        using var certificates = new TestCertificates();
        await using var set = await SentinelSet.StartAsync(
            ServerVersion.Redis70,
            new()
            {
                Password = "server secret",
                SentinelPassword = "sentinel secret",
                Tls = certificates,
            }
        );

        var killed = await set.KillPrimaryAsync();
        var primary = await set.WaitForTakeOverAsync(killed);

        primary.ShouldNotBe(killed);
        set.Servers.Count.ShouldBe(2);
        using var stranger = RespClient.Connect(set.Sentinels[0].Port, new() { Tls = certificates });
        stranger.Try("SENTINEL", "MASTERS").ShouldBeOfType<RespError>().Message.ShouldStartWith("NOAUTH");
    }

    [Fact]
    public async Task ListedReplicasAsync_ReplicaThatCame_IsListedByEverySentinel()
    {
        await using var set = await SentinelSet.StartAsync(ServerVersion.Redis70, new() { Replicas = 1 });
        await using var newcomer = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = newcomer.Connect();
        var replica = set.Servers.Single(server => server != set.Primary);
        (await set.ListedReplicasAsync()).ShouldAllBe(listed => listed.SequenceEqual(new[] { replica.Port }));

        await Running.Replication.FollowAsync(client, set.Primary.Port);

        var expected = new[] { replica.Port, newcomer.Port }.Order();
        (await set.ListedReplicasAsync()).ShouldAllBe(listed => listed.SequenceEqual(expected));
    }
}
