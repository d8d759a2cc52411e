using System.Text;
using Godwit.Connections;
using Godwit.Protocol;

namespace Godwit.Tests.Connections;

public sealed class RespInputTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadValueAsync_AByteAtATime_GivesEachReply()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                foreach (var single in "*2\r\n$5\r\nhello\r\n:7\r\n$-1\r\n-ERR no\r\n"u8.ToArray())
                    await stream.WriteAsync(new[] { single }, stop);
            }
        );
        await using var connection = await server.ConnectAsync();

        (await connection.Input.ReadValueAsync(Stop)).Items[0].Text.ShouldBe("hello");
        (await connection.Input.ReadValueAsync(Stop)).IsNull.ShouldBeTrue();
        (await connection.Input.ReadValueAsync(Stop)).IsError.ShouldBeTrue();
        (await connection.Input.FillAsync(Stop)).ShouldBeFalse();
    }

    [Fact]
    public async Task ReadValueAsync_LongerThanTheBuffer_GrowsAndShrinks()
    {
        var body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                for (var i = 0; i < 3; i++)
                {
                    await stream.WriteAsync("+before\r\n$3000000\r\n"u8.ToArray(), stop);
                    await stream.WriteAsync(body, stop);
                    await stream.WriteAsync("\r\n"u8.ToArray(), stop);
                }
            }
        );
        await using var connection = await server.ConnectAsync(new ConnectionOptions { ReceiveBufferSize = 16 });

        for (var i = 0; i < 3; i++)
        {
            (await connection.Input.ReadValueAsync(Stop)).Text.ShouldBe("before");
            (await connection.Input.ReadValueAsync(Stop)).Bytes.Span.SequenceEqual(body).ShouldBeTrue();
        }

        connection.Input.BytesRead.ShouldBe("+OK\r\n".Length + (3 * (19 + 3_000_000 + 2)));
    }

    [Fact]
    public async Task FillAsync_ManyRepliesReadByTokens_KeepsTheirOrder()
    {
        const int Count = 200_000;
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                var replies = new StringBuilder();
                for (var i = 0; i < Count; i++)
                    replies.Append(':').Append(i).Append("\r\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(replies.ToString()), stop);
            }
        );
        await using var connection = await server.ConnectAsync(new ConnectionOptions { ReceiveBufferSize = 100 });

        var next = 0L;
        while (next < Count)
        {
            await connection.Input.FillOrThrowAsync(Stop);
            next = ReadIntegers(connection.Input, next);
        }

        connection.Input.Buffered.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task FillAsync_BeyondTheGreatestBuffer_Throws()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
                await stream.WriteAsync(Encoding.ASCII.GetBytes("$1000000\r\n" + new string('x', 1_000_000)), stop)
        );
        var options = new ConnectionOptions { ReceiveBufferSize = 1024, MaxReceiveBuffer = 100_000 };
        await using var connection = await server.ConnectAsync(options);

        var error = await Should.ThrowAsync<ProtocolException>(async () => await connection.Input.ReadValueAsync(Stop));

        error.Expected.ShouldContain("100000 bytes");
    }

    [Fact]
    public async Task ReadValueAsync_HostileLength_ThrowsBeforeItAllocates()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) => await stream.WriteAsync("*1000000000\r\n"u8.ToArray(), stop)
        );
        await using var connection = await server.ConnectAsync();

        var error = await Should.ThrowAsync<ProtocolException>(async () => await connection.Input.ReadValueAsync(Stop));

        error.Offset.ShouldBe("+OK\r\n".Length + 1);
    }

    [Fact]
    public async Task ReadRawAsync_AfterAHead_GivesBufferedThenTheStream()
    {
        var body = new byte[500_000];
        new Random(2).NextBytes(body);
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"${body.Length}\r\n"), stop);
                await stream.WriteAsync(body, stop);
                await stream.WriteAsync("\r\n+after\r\n"u8.ToArray(), stop);
            }
        );
        await using var connection = await server.ConnectAsync();
        var input = connection.Input;

        long length;
        while (!TryReadHead(input, out length))
            await input.FillOrThrowAsync(Stop);
        var received = new byte[length];
        var count = 0;
        while (count < length)
        {
            var read = await input.ReadRawAsync(received.AsMemory(count), Stop);
            read.ShouldBePositive();
            count += read;
        }

        received.SequenceEqual(body).ShouldBeTrue();
        while (input.Buffered.Length < 2)
            await input.FillOrThrowAsync(Stop);
        input.Advance(2);
        (await input.ReadValueAsync(Stop)).Text.ShouldBe("after");
        (await input.ReadRawAsync(received, Stop)).ShouldBe(0);
    }

    [Fact]
    public async Task ReadValueAsync_ClosedInTheMiddle_IsATransientConnectionException()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) => await stream.WriteAsync("$100\r\nabc"u8.ToArray(), stop)
        );
        await using var connection = await server.ConnectAsync();

        var error = await Should.ThrowAsync<ConnectionException>(async () =>
            await connection.Input.ReadValueAsync(Stop)
        );

        error.IsTransient.ShouldBeTrue();
        error.Stage.ShouldBe(ConnectionStage.Exchange);
        error.Message.ShouldContain(connection.Endpoint.ToString());
    }

    [Fact]
    public async Task ReadValueAsync_HalfAReplyAndSilence_EndsAtTheReplyTimeout()
    {
        await using var server = FakeServer.AfterGreeting(
            async (stream, stop) =>
            {
                await stream.WriteAsync("$100\r\nabc"u8.ToArray(), stop);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        var options = new ConnectionOptions { ReplyTimeout = TimeSpan.FromMilliseconds(200) };
        await using var connection = await server.ConnectAsync(options);

        var error = await Should.ThrowAsync<ConnectionException>(async () =>
            await connection.Input.ReadValueAsync(Stop)
        );

        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldContain("silent for 0.2 s");
    }

    [Fact]
    public async Task Dispose_WhileAReadWaits_EndsTheRead()
    {
        await using var server = FakeServer.AfterGreeting((_, stop) => Task.Delay(Timeout.Infinite, stop));
        var connection = await server.ConnectAsync();
        var read = connection.Input.FillAsync(Stop).AsTask();

        await connection.DisposeAsync();

        await Should.ThrowAsync<ConnectionException>(read);
    }

    private static bool TryReadHead(RespInput input, out long length)
    {
        var reader = input.Reader();
        var found = reader.TryReadHead(out var token);
        length = token.Length;
        input.Advance(reader.Consumed);
        return found;
    }

    private static long ReadIntegers(RespInput input, long next)
    {
        var reader = input.Reader();
        while (reader.TryRead(out var token))
            token.Integer.ShouldBe(next++);
        input.Advance(reader.Consumed);
        return next;
    }
}
