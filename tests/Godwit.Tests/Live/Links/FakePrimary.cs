using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Godwit.Endpoints;
using Godwit.Protocol.Resp;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Live.Links;

/// <summary>
/// A primary within the test. Each connection is let in; what it gets after its PSYNC is the test's own doing. What replicas
/// say meanwhile is kept.
/// </summary>
internal sealed class FakePrimary : IAsyncDisposable
{
    private readonly FakeServer _server;
    private readonly Func<int, Stream, CancellationToken, Task> _serve;
    private int _joins;

    /// <summary>Begins to listen.</summary>
    /// <param name="serve">Called behind each PSYNC with its number, from 1; when it returns, the connection ends behind what was sent.</param>
    public FakePrimary(Func<int, Stream, CancellationToken, Task> serve)
    {
        _serve = serve;
        _server = FakeServer.Raw(ListenAsync);
    }

    public RedisEndpoint Endpoint => _server.Endpoint;

    /// <summary>The PSYNC of each connection.</summary>
    public ConcurrentQueue<string> Questions { get; } = [];

    /// <summary>All other words.</summary>
    public ConcurrentQueue<string> Words { get; } = [];

    /// <summary>The offsets that were acknowledged.</summary>
    public ConcurrentQueue<long> Acknowledged { get; } = [];

    /// <summary>Line feeds that came.</summary>
    public int LineFeeds;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ListenAsync(Stream stream, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task? serving = null;
        var buffer = new byte[4096];
        var count = 0;
        try
        {
            while (true)
            {
                var reading = stream.ReadAsync(buffer.AsMemory(count), both.Token).AsTask();
                if (serving is not null && await Task.WhenAny(reading, serving) == serving)
                {
                    await serving;
                    serving = null;
                    // Closed with words unread it would be reset, and what was sent before could be lost.
                    ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
                }

                var read = await reading;
                if (read == 0)
                    return;
                count += read;
                while (TryTake(buffer, ref count, out var words))
                {
                    if (words.StartsWith("PSYNC", StringComparison.Ordinal))
                    {
                        Questions.Enqueue(words);
                        serving = _serve(Interlocked.Increment(ref _joins), stream, both.Token);
                    }
                    else if (words.StartsWith("REPLCONF ACK ", StringComparison.Ordinal))
                    {
                        Acknowledged.Enqueue(long.Parse(words.Split(' ')[2], CultureInfo.InvariantCulture));
                    }
                    else
                    {
                        Words.Enqueue(words);
                        await stream.WriteAsync("+OK\r\n"u8.ToArray(), both.Token);
                    }
                }
            }
        }
        finally
        {
            await both.CancelAsync();
        }
    }

    private bool TryTake(byte[] buffer, ref int count, out string words)
    {
        words = "";
        var start = 0;
        while (start < count && buffer[start] == '\n')
            start++;
        Interlocked.Add(ref LineFeeds, start);

        var taken = RespValue.TryParse(buffer.AsSpan(start, count - start), out var command, out var consumed);
        if (taken)
        {
            words = string.Join(' ', command!.Items.Select(word => Encoding.ASCII.GetString(word.Bytes.Span)));
            start += consumed;
        }

        buffer.AsSpan(start, count - start).CopyTo(buffer);
        count -= start;
        return taken;
    }
}
