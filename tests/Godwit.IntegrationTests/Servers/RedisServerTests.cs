using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Godwit.IntegrationTests.Servers;

public sealed class RedisServerTests
{
    [Theory]
    [InlineData(ServerVersion.Redis60, "redis_version:6.0.")]
    [InlineData(ServerVersion.Redis70, "redis_version:7.0.")]
    [InlineData(ServerVersion.Redis80, "redis_version:8.0.")]
    [InlineData(ServerVersion.Valkey81, "valkey_version:8.1.")]
    [InlineData(ServerVersion.Valkey91, "valkey_version:9.1.")]
    public async Task StartAsync_EachVersion_AnswersAsThatVersion(ServerVersion version, string expected)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();

        client.Text("PING").ShouldBe("PONG");
        var info = client.Text("INFO", "server");
        info.ShouldContain(expected);
        info.ShouldContain($"tcp_port:{server.Port}\r\n");
        info.ShouldContain($"process_id:{server.ProcessId}\r\n");
        File.Exists(server.UnixSocket).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task StartAsync_EachVersion_PermitsDebugAndScripts(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();

        client.Call("SET", "key", "value");

        client.Text("DEBUG", "DIGEST").ShouldBe("f149f3abd419a8d7d8c5673c73a100bb87404213");
        client.Text("EVAL", "return cjson.encode({bit.bor(1, 2)})", 0).ShouldBe("[3]");
    }

    [Theory]
    [InlineData(ServerVersion.Redis60, "REDIS0009")]
    [InlineData(ServerVersion.Redis70, "REDIS0010")]
    [InlineData(ServerVersion.Redis80, "REDIS0012")]
    [InlineData(ServerVersion.Valkey81, "REDIS0011")]
    [InlineData(ServerVersion.Valkey91, "VALKEY080")]
    public async Task SaveAsync_EachVersion_WritesItsFormatAndAnotherServerLoadsIt(ServerVersion version, string magic)
    {
        await using var first = await RedisServer.StartAsync(version);
        using var filler = first.Connect();
        filler.Call("SET", "key", "value");

        var file = await first.SaveAsync();

        (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))[..9]
            .ShouldBe(magic.Select(c => (byte)c));
        await using var second = await RedisServer.StartWithFileAsync(version, file);
        using var reader = second.Connect();
        reader.Text("GET", "key").ShouldBe("value");
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task StartAsync_WithArguments_TheServerHasThem(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version, "--databases", "3", "--requirepass", "secret");
        using var client = server.Connect();

        client.Try("GET", "key").ShouldBeOfType<RespError>().Message.ShouldStartWith("NOAUTH");
        client.Call("AUTH", "secret");
        client.Call("SELECT", 2);
        client.Try("SELECT", 3).ShouldBeOfType<RespError>().Message.ShouldContain("out of range");
    }

    [Fact]
    public async Task StartAsync_ArgumentThatTheServerRefuses_ThrowsWithTheServersWords()
    {
        var exception = await Should.ThrowAsync<ServerStartException>(() =>
            RedisServer.StartAsync(ServerVersion.Redis70, "--no-such-option", "1")
        );

        exception.Message.ShouldContain("no-such-option");
    }

    [Fact]
    public async Task KillAsync_RunningServer_IsGoneAndItsDirectoryIsNot()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        var file = await server.SaveAsync();

        await server.KillAsync();

        Should.Throw<SocketException>(server.Connect);
        File.Exists(file).ShouldBeTrue();
    }

    [Fact]
    public async Task DisposeAsync_RunningServer_TakesItsDirectoryAlong()
    {
        var server = await RedisServer.StartAsync(ServerVersion.Redis70);

        await server.DisposeAsync();

        Directory.Exists(server.Directory).ShouldBeFalse();
    }

    [Fact]
    public async Task DisposeAsync_ServerThatEndedByItself_Succeeds()
    {
        var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        Should.Throw<EndOfStreamException>(() => client.Call("SHUTDOWN", "NOSAVE"));

        await server.DisposeAsync();

        Directory.Exists(server.Directory).ShouldBeFalse();
    }

    [Fact]
    public async Task DisposeAsync_ServerThatIsStopped_Succeeds()
    {
        var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var stop = Process.Start("kill", ["-STOP", server.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await stop.WaitForExitAsync(TestContext.Current.CancellationToken);

        await server.DisposeAsync();

        Should.Throw<SocketException>(server.Connect);
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task DisposeAsync_ServerThatIsSaving_EndsTheSavingToo(ServerVersion version)
    {
        const string FiveMinutesAKey = "300000000";
        var server = await RedisServer.StartAsync(version, "--rdb-key-save-delay", FiveMinutesAKey);
        using var client = server.Connect();
        client.Call("SET", "key", "value");
        client.Call("BGSAVE");

        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Directory.Exists(server.Directory).ShouldBeFalse();
    }
}
