using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Protocol.Resp;

namespace Godwit.Tests.Connections;

/// <summary>A server within the test: takes connections on a loopback port or a Unix socket, and does what it is told.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<Stream, CancellationToken, Task> _serve;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _tasks = [];
    private readonly string? _path;
    private int _connections;

    private FakeServer(EndPoint address, Func<Stream, CancellationToken, Task> serve)
    {
        _serve = serve;
        _path = (address as UnixDomainSocketEndPoint)?.ToString();
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(address);
        _listener.Listen();
        _tasks.Add(AcceptAsync());
    }

    public RedisEndpoint Endpoint =>
        _path is null
            ? new RedisEndpoint { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndPoint!).Port }
            : new RedisEndpoint { SocketPath = _path };

    /// <summary>Connections taken so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The commands that came, each as its words with spaces between.</summary>
    public ConcurrentQueue<string> Commands { get; } = [];

    /// <summary>Handles each connection's raw bytes.</summary>
    public static FakeServer Raw(Func<Stream, CancellationToken, Task> serve) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), serve);

    /// <summary>Lets the client in, and then handles each connection's raw bytes.</summary>
    public static FakeServer AfterGreeting(Func<Stream, CancellationToken, Task> serve) =>
        Raw(
            async (stream, stop) =>
            {
                await TakeCommandAsync(stream, stop);
                await stream.WriteAsync("+OK\r\n"u8.ToArray(), stop);
                await serve(stream, stop);
            }
        );

    /// <summary>Reads one command, whole.</summary>
    public static async Task TakeCommandAsync(Stream stream, CancellationToken stop)
    {
        var buffer = new byte[1000];
        var count = 0;
        while (!RespValue.TryParse(buffer.AsSpan(0, count), out _, out _))
        {
            var read = await stream.ReadAsync(buffer.AsMemory(count), stop);
            if (read == 0)
                throw new EndOfStreamException();
            count += read;
        }
    }

    /// <summary>Answers commands; what <paramref name="answer"/> has no answer for gets <c>+OK</c>.</summary>
    public static FakeServer Redis(
        Func<string, string?>? answer = null,
        SslServerAuthenticationOptions? tls = null,
        string? socketPath = null
    )
    {
        FakeServer? server = null;
        EndPoint address = socketPath is null
            ? new IPEndPoint(IPAddress.Loopback, 0)
            : new UnixDomainSocketEndPoint(socketPath);
        server = new FakeServer(address, (stream, stop) => server!.AnswerAsync(stream, answer, tls, stop));
        return server;
    }

    public Task<RedisConnection> ConnectAsync(
        ConnectionOptions? options = null,
        Func<RedisEndpoint, RedisEndpoint>? change = null,
        TimeProvider? timeProvider = null
    ) =>
        RedisConnection.ConnectAsync(
            change?.Invoke(Endpoint) ?? Endpoint,
            options ?? new ConnectionOptions(),
            timeProvider ?? TimeProvider.System,
            TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll(_tasks);
        _stop.Dispose();
        if (_path is not null)
            File.Delete(_path);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _tasks.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await _serve(stream, _stop.Token);
        }
        catch (Exception e)
            when (e is OperationCanceledException or IOException or AuthenticationException or ObjectDisposedException)
        {
            // The client went away or gave up, or the test is over.
        }
    }

    private async Task AnswerAsync(
        Stream stream,
        Func<string, string?>? answer,
        SslServerAuthenticationOptions? tls,
        CancellationToken stop
    )
    {
        if (tls is not null)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(tls, stop);
            stream = secure;
        }

        var buffer = new byte[64 * 1024];
        var count = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(count), stop);
            if (read == 0)
                return;
            count += read;
            while (RespValue.TryParse(buffer.AsSpan(0, count), out var command, out var consumed))
            {
                buffer.AsSpan(consumed, count - consumed).CopyTo(buffer);
                count -= consumed;
                var words = string.Join(' ', command.Items.Select(word => word.Text));
                Commands.Enqueue(words);
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer?.Invoke(words) ?? "+OK\r\n"), stop);
            }
        }
    }
}
