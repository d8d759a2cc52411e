using System.Globalization;

namespace Godwit.IntegrationTests.Servers;

public sealed class RespClientTests
{
    [Fact]
    public async Task Call_EveryKindOfReply_GivesItsTree()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();

        const string Script =
            "return {1, 'text', {}, {redis.status_reply('fine'), redis.error_reply('bad')}, false, -7}";
        var reply = client.Call("EVAL", Script, 0).ShouldBeOfType<object?[]>();

        reply[0].ShouldBe(1L);
        reply[1].ShouldBe("text"u8.ToArray());
        reply[2].ShouldBe(Array.Empty<object?>());
        var nested = reply[3].ShouldBeOfType<object?[]>();
        nested[0].ShouldBe("fine"u8.ToArray());
        nested[1].ShouldBeOfType<RespError>().Message.ShouldEndWith("bad");
        reply[4].ShouldBeNull();
        reply[5].ShouldBe(-7L);
        client.Call("BLPOP", "none", "0.01").ShouldBeNull();
    }

    [Fact]
    public async Task Call_BinaryValue_ComesBackAsItWas()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        var value = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7)).ToArray();

        client.Call("SET", value, value);

        client.Call("GET", value).ShouldBeOfType<byte[]>().AsSpan().SequenceEqual(value).ShouldBeTrue();
        client.Call("GET", "none").ShouldBeNull();
        client.Call("SET", "empty", "");
        client.Call("GET", "empty").ShouldBe(Array.Empty<byte>());
    }

    [Fact]
    public async Task Call_ErrorReply_Throws()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        client.Call("SET", "key", "text");

        Should.Throw<RespErrorException>(() => client.Call("INCR", "key")).Message.ShouldStartWith("INCR: ERR");
        client.Text("GET", "key").ShouldBe("text");
    }

    [Fact]
    public async Task Pipeline_ManyCommands_GivesAReplyToEachInOrder()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();

        var replies = client.Pipeline(Enumerable.Range(0, 10_000).Select(i => (object[])["ECHO", i]));

        replies
            .Select(reply => int.Parse(reply.ShouldBeOfType<byte[]>(), CultureInfo.InvariantCulture))
            .ShouldBe(Enumerable.Range(0, 10_000));
    }

    [Fact]
    public async Task Pipeline_OneCommandFails_Throws()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();

        Should
            .Throw<RespErrorException>(() =>
                client.Pipeline([
                    ["SET", "key", "text"],
                    ["INCR", "key"],
                    ["GET", "key"],
                ])
            )
            .Message.ShouldStartWith("INCR: ERR");
    }
}
