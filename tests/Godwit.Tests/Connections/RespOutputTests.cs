using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Tests.Connections;

public sealed class RespOutputTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FlushAsync_MoreThanTheBuffer_SendsAllInOrder()
    {
        await using var server = FakeServer.Redis(words => $":{words.Length}\r\n");
        await using var connection = await server.ConnectAsync(new ConnectionOptions { SendBufferSize = 16 });
        var before = connection.Output.BytesWritten;

        var written = 0L;
        for (var i = 1; i <= 1000; i++)
        {
            new RespWriter(connection.Output).WriteCommand("ECHO", new string('x', i));
            written = connection.Output.Buffered;
        }

        var flush = connection.Output.FlushAsync(Stop).AsTask();
        for (var i = 1; i <= 1000; i++)
            (await connection.Input.ReadValueAsync(Stop)).Integer.ShouldBe("ECHO ".Length + i);
        await flush;

        connection.Output.Buffered.ShouldBe(0);
        (connection.Output.BytesWritten - before).ShouldBe(written);
    }

    [Fact]
    public async Task WriteAsync_BodyOfALongValue_FollowsWhatIsBuffered()
    {
        await using var server = FakeServer.Redis(words => $":{words.Length}\r\n");
        await using var connection = await server.ConnectAsync();
        var body = new byte[40_000];
        Array.Fill(body, (byte)'y');
        var output = connection.Output;

        new RespWriter(output).WriteArrayHeader(2);
        new RespWriter(output).WriteBulk("ECHO"u8);
        new RespWriter(output).WriteBulkHeader(body.Length);
        await output.WriteAsync(body, Stop);
        new RespWriter(output).WriteRaw("\r\n"u8);
        await output.FlushAsync(Stop);

        (await connection.Input.ReadValueAsync(Stop)).Integer.ShouldBe("ECHO ".Length + body.Length);
    }

    [Fact]
    public async Task FlushAsync_ServerTakesNothing_EndsAtTheReplyTimeout()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        var options = new ConnectionOptions { ReplyTimeout = TimeSpan.FromMilliseconds(200) };
        await using var connection = await server.ConnectAsync(options);
        new RespWriter(connection.Output).WriteBulk(new byte[64 * 1024 * 1024]);

        var error = await Should.ThrowAsync<ConnectionException>(async () => await connection.Output.FlushAsync(Stop));

        error.Message.ShouldContain("silent");
    }

    [Fact]
    public async Task FlushAsync_ServerIsGone_IsATransientConnectionException()
    {
        var server = FakeServer.Redis();
        await using var connection = await server.ConnectAsync();
        await server.DisposeAsync();

        var error = await Should.ThrowAsync<ConnectionException>(async () =>
        {
            // The first writes may still go into the system's own buffer.
            while (true)
            {
                new RespWriter(connection.Output).WriteCommand("PING");
                await connection.Output.FlushAsync(Stop);
            }
        });

        error.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task Advance_BeyondTheSpan_Throws()
    {
        await using var server = FakeServer.Redis();
        await using var connection = await server.ConnectAsync();

        var length = connection.Output.GetSpan(10).Length;

        Should.Throw<ArgumentOutOfRangeException>(() => connection.Output.Advance(length + 1));
        Should.Throw<ArgumentOutOfRangeException>(() => connection.Output.Advance(-1));
    }
}
