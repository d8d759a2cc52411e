using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers.Clusters;

public sealed class ClusterTlsTests
{
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task StartAsync_TlsOnlyWithPasswordsAndUsers_HoldsTheDataSet(ServerVersion version)
    {
        using var certificates = new TestCertificates();
        var reader = new AclUser("reader", "r secret", "~* +@read +@connection");
        await using var cluster = await TestCluster.StartAsync(
            version,
            new()
            {
                Replicas = 1,
                Password = "p@ss word",
                Users = [reader],
                Tls = certificates,
                RequireClientCertificate = true,
            }
        );
        await using var single = await RedisServer.StartAsync(version);
        using var client = single.Connect();

        DataSet.Fill(cluster);
        DataSet.FillFirstDatabase(client);

        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), ClusterStateReader.Read(cluster));
        cluster.Uri.ShouldStartWith("rediss://:p%40ss%20word@127.0.0.1:");
        using var asReader = cluster.Nodes[0].Server.Connect(reader);
        asReader.Text("PING").ShouldBe("PONG");
        asReader.Try("SET", "key", "value").ShouldBeOfType<RespError>().Message.ShouldStartWith("NOPERM");
        await MoveSlotAsync(cluster);
    }

    [Fact]
    public async Task Connect_WithoutTlsOrByAnotherAuthority_Fails()
    {
        using var certificates = new TestCertificates();
        using var others = new TestCertificates();
        await using var server = await RedisServer.StartAsync(
            ServerVersion.Redis70,
            new ServerSettings { Tls = certificates, RequireClientCertificate = true }
        );

        Should.Throw<IOException>(() =>
        {
            using var plain = RespClient.Connect(server.Port);
            plain.Call("PING");
        });
        Should.Throw<System.Security.Authentication.AuthenticationException>(() =>
            RespClient.Connect(server.Port, new ServerAccess { Tls = others }).Dispose()
        );
    }

    private static async Task MoveSlotAsync(TestCluster cluster)
    {
        var slot = HashSlot.Of("moving"u8);
        using var client = cluster.Connect();
        client.Call("SET", "{moving}key", "value");
        var to = cluster.Primaries.First(primary => primary != cluster.OwnerOf(slot));

        await cluster.BeginMove(slot, to).FinishAsync();

        to.Client.Text("GET", "{moving}key").ShouldBe("value");
    }
}
