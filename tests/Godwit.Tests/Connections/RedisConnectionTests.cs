using System.Net;
using System.Net.Sockets;
using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Tests.Connections;

public sealed class RedisConnectionTests
{
    private static readonly ConnectionOptions Impatient = new() { ConnectTimeout = TimeSpan.FromMilliseconds(300) };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectAsync_AnyServer_TellsItsNameAlone()
    {
        await using var server = FakeServer.Redis();

        await using var connection = await server.ConnectAsync();

        connection.Protocol.ShouldBe(2);
        server.Commands.ShouldBe(["CLIENT SETNAME godwit"]);
    }

    [Fact]
    public async Task ConnectAsync_ByName_TriesEveryAddress()
    {
        // "localhost" may well be ::1 first, where this server does not listen.
        await using var server = FakeServer.Redis();

        await using var connection = await server.ConnectAsync(change: endpoint =>
            endpoint with
            {
                Host = "localhost",
            }
        );

        (await connection.ExecuteAsync(Stop, "PING")).Text.ShouldBe("OK");
    }

    [Fact]
    public async Task ConnectAsync_UnixSocket_Connects()
    {
        var path = Path.Combine(Path.GetTempPath(), $"godwit-{Guid.NewGuid():N}.sock");
        await using var server = FakeServer.Redis(socketPath: path);

        await using var connection = await server.ConnectAsync(change: endpoint => endpoint with { Database = 3 });

        server.Commands.ShouldBe(["CLIENT SETNAME godwit", "SELECT 3"]);
    }

    [Fact]
    public async Task ConnectAsync_NoSuchSocket_SaysSo()
    {
        var path = Path.Combine(Path.GetTempPath(), $"godwit-{Guid.NewGuid():N}.sock");

        var error = await FailAsync(new RedisEndpoint { SocketPath = path });

        error.Stage.ShouldBe(ConnectionStage.Connect);
        error.Message.ShouldBe($"There is no socket {path}");
    }

    [Fact]
    public async Task ConnectAsync_ClosedPort_SaysRefused()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var error = await FailAsync(
            new RedisEndpoint
            {
                Host = "127.0.0.1",
                Port = port,
                Password = "hunter2",
            }
        );

        error.Stage.ShouldBe(ConnectionStage.Connect);
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldBe($"redis://127.0.0.1:{port} refused the connection: no server listens on this port");
        error.WhatToDo.ShouldNotBeNull();
        error.ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task ConnectAsync_UnknownHost_SaysSo()
    {
        var error = await FailAsync(new RedisEndpoint { Host = "no-such-host.invalid" });

        error.Stage.ShouldBe(ConnectionStage.Resolve);
        error.Message.ShouldContain("no-such-host.invalid");
    }

    [Fact]
    public async Task ConnectAsync_NoAnswer_EndsAtTheConnectTimeout()
    {
        await using var server = FakeServer.Raw((_, stop) => Task.Delay(Timeout.Infinite, stop));

        var error = await FailAsync(server.Endpoint, Impatient);

        error.Stage.ShouldBe(ConnectionStage.Authenticate);
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldContain("waited 0.3 s");
    }

    [Fact]
    public async Task ConnectAsync_Cancelled_IsACancellation()
    {
        await using var server = FakeServer.Raw((_, stop) => Task.Delay(Timeout.Infinite, stop));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Should.ThrowAsync<OperationCanceledException>(() =>
            RedisConnection.ConnectAsync(server.Endpoint, new ConnectionOptions(), TimeProvider.System, cancel.Token)
        );
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "no Redis-compatible server")]
    [InlineData("\u0015\u0003\u0001\u0000\u0002\u0002\u0046", "speaks TLS")]
    [InlineData("", "closed the connection without an answer")]
    [InlineData("-DENIED Redis is running in protected mode because\r\n", "protected mode")]
    [InlineData("-ERR max number of clients reached\r\n", "as many clients as it takes")]
    public async Task ConnectAsync_AnswersOfOtherKinds_SaysWhatItIs(string answer, string expected)
    {
        await using var server = FakeServer.Raw(
            async (stream, stop) =>
            {
                await FakeServer.TakeCommandAsync(stream, stop);
                await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(answer), stop);
            }
        );

        var error = await FailAsync(server.Endpoint);

        error.Stage.ShouldBe(ConnectionStage.Connect);
        error.Message.ShouldContain(expected);
        error.WhatToDo.ShouldNotBeNull();
    }

    [Fact]
    public async Task ExecuteAsync_ErrorReply_ThrowsWithoutTheArguments()
    {
        await using var server = FakeServer.Redis(words =>
            words.StartsWith("SET", StringComparison.Ordinal)
                ? "-NOPERM this user has no permissions to run the 'set' command\r\n"
                : null
        );
        await using var connection = await server.ConnectAsync();

        var error = await Should.ThrowAsync<ServerErrorException>(() =>
            connection.ExecuteAsync(Stop, "SET", "key", "secret")
        );

        error.Command.ShouldBe("SET");
        error.Code.ShouldBe("NOPERM");
        error.WhatToDo.ShouldNotBeNull();
        error.ToString().ShouldNotContain("secret");
        (await connection.TryExecuteAsync(Stop, "SET", "a", "b")).IsError.ShouldBeTrue();
        (await connection.ExecuteAsync(Stop, "PING")).Text.ShouldBe("OK");
    }

    [Fact]
    public async Task ExecuteAsync_TwoAtOnce_Throws()
    {
        var release = new TaskCompletionSource();
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                await release.Task;
                await stream.WriteAsync("+PONG\r\n"u8.ToArray(), stop);
            }
        );
        await using var connection = await server.ConnectAsync();
        var first = connection.ExecuteAsync(Stop, "PING");

        await Should.ThrowAsync<InvalidOperationException>(async () => await connection.ExecuteAsync(Stop, "PING"));

        release.SetResult();
        (await first).Text.ShouldBe("PONG");
    }

    [Fact]
    public async Task ExecuteAsync_AfterACancelledOne_NeverTakesItsReply()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var connection = await server.ConnectAsync();
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(() => connection.ExecuteAsync(cancel.Token, "GET", "a"));

        await Should.ThrowAsync<ConnectionException>(async () => await connection.ExecuteAsync(Stop, "GET", "b"));
    }

    [Fact]
    public async Task ExecuteAsync_PushBeforeTheReply_IsPassedOver()
    {
        await using var server = FakeServer.Redis(words =>
            words is "PING" ? ">2\r\n+invalidate\r\n_\r\n+PONG\r\n" : null
        );
        await using var connection = await server.ConnectAsync();

        (await connection.ExecuteAsync(Stop, "PING")).Text.ShouldBe("PONG");
    }

    private static async Task<ConnectionException> FailAsync(
        RedisEndpoint endpoint,
        ConnectionOptions? options = null
    ) =>
        await Should.ThrowAsync<ConnectionException>(() =>
            RedisConnection.ConnectAsync(endpoint, options ?? new ConnectionOptions(), TimeProvider.System, Stop)
        );
}
