using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Tests.Connections;

public sealed class GreetingTests
{
    private const string Hello3 = "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n";

    private static readonly ConnectionOptions Resp3 = new() { UseResp3 = true };

    [Theory]
    [InlineData(null, "pw", "AUTH pw")]
    [InlineData("ann", "pw", "AUTH ann pw")]
    [InlineData("ann", null, "AUTH ann ")]
    public async Task Say_WithLogin_AuthenticatesFirst(string? user, string? password, string expected)
    {
        await using var server = FakeServer.Redis();

        await using var connection = await server.ConnectAsync(change: endpoint => Login(endpoint, user, password));

        server.Commands.ShouldBe([expected, "CLIENT SETNAME godwit"]);
    }

    [Fact]
    public async Task Say_Resp3_SaysHelloWithTheLogin()
    {
        await using var server = FakeServer.Redis(words =>
            words.StartsWith("HELLO", StringComparison.Ordinal) ? Hello3 : null
        );

        await using var connection = await server.ConnectAsync(Resp3, endpoint => Login(endpoint, null, "pw"));

        connection.Protocol.ShouldBe(3);
        server.Commands.ShouldBe(["HELLO 3 AUTH default pw", "CLIENT SETNAME godwit"]);
    }

    [Fact]
    public async Task Say_Resp3ToAnOldServer_FallsBack()
    {
        await using var server = FakeServer.Redis(words =>
            words.StartsWith("HELLO", StringComparison.Ordinal) ? "-ERR unknown command 'HELLO'\r\n" : null
        );

        await using var connection = await server.ConnectAsync(Resp3, endpoint => Login(endpoint, null, "pw"));

        connection.Protocol.ShouldBe(2);
        server.Commands.ShouldBe(["HELLO 3 AUTH default pw", "AUTH pw", "CLIENT SETNAME godwit"]);
    }

    [Theory]
    [InlineData(null, null, "-NOAUTH Authentication required.", "none was given")]
    [InlineData(null, "no", "-WRONGPASS invalid username-password pair or user is disabled.", "are wrong")]
    [InlineData("ann", "no", "-WRONGPASS invalid username-password pair or user is disabled.", "are wrong")]
    [InlineData(null, "no", "-ERR invalid password", "the password is wrong")]
    [InlineData(null, "no", "-ERR Client sent AUTH, but no password is set", "none set")]
    [InlineData(
        null,
        "no",
        "-ERR AUTH <password> called without any password configured for the default user.",
        "none set"
    )]
    [InlineData("ann", "no", "-ERR wrong number of arguments for 'auth' command", "older than Redis 6.0")]
    public async Task Say_NotLetIn_SaysWhyAndWhatToDo(string? user, string? password, string reply, string expected)
    {
        foreach (var options in (ConnectionOptions[])[new(), Resp3])
        {
            await using var server = FakeServer.Redis(_ => reply + "\r\n");

            var error = await Should.ThrowAsync<ConnectionException>(() =>
                server.ConnectAsync(options, endpoint => Login(endpoint, user, password))
            );

            error.Stage.ShouldBe(ConnectionStage.Authenticate);
            error.IsTransient.ShouldBeFalse();
            error.Message.ShouldContain(expected);
            error.WhatToDo.ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task Say_PasswordMissing_NamesTheOptions()
    {
        await using var server = FakeServer.Redis(_ => "-NOAUTH Authentication required.\r\n");

        var error = await Should.ThrowAsync<ConnectionException>(() => server.ConnectAsync());

        error.WhatToDo!.ShouldContain("--source-password-file");
        error.WhatToDo!.ShouldContain("GODWIT_TARGET_PASSWORD");
    }

    [Fact]
    public async Task Say_NameRefused_GoesOn()
    {
        await using var server = FakeServer.Redis(_ => "-NOPERM no permissions\r\n");

        await using var connection = await server.ConnectAsync();

        connection.Protocol.ShouldBe(2);
    }

    [Fact]
    public async Task Say_DatabaseOutOfRange_SaysWhich()
    {
        await using var server = FakeServer.Redis(words =>
            words.StartsWith("SELECT", StringComparison.Ordinal) ? "-ERR DB index is out of range\r\n" : null
        );

        var error = await Should.ThrowAsync<ConnectionException>(() =>
            server.ConnectAsync(change: endpoint => endpoint with { Database = 99 })
        );

        error.Stage.ShouldBe(ConnectionStage.Select);
        error.Message.ShouldContain("database 99");
    }

    private static RedisEndpoint Login(RedisEndpoint endpoint, string? user, string? password) =>
        endpoint with
        {
            User = user,
            Password = password,
        };
}
