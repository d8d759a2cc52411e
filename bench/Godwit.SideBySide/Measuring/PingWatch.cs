using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Measuring;

/// <summary>Sends PING to a server every 10 ms and remembers the longest that an answer took.</summary>
/// <remarks>It has a thread of its own, so that no other work of this process is taken for the server's delay.</remarks>
internal sealed class PingWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(10);

    private readonly ManualResetEventSlim _stop = new();
    private readonly TaskCompletionSource<TimeSpan> _worst = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PingWatch(int port) => new Thread(() => Watch(port)) { IsBackground = true, Name = "ping" }.Start();

    public static PingWatch Start(int port) => new(port);

    /// <summary>Ends the watch.</summary>
    /// <returns>The longest that an answer took.</returns>
    public Task<TimeSpan> StopAsync()
    {
        _stop.Set();
        return _worst.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Set();
        await ((Task)_worst.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Watch(int port)
    {
        try
        {
            using var socket = ServerConnection.NewSocket();
            socket.Connect(IPAddress.Loopback, port);
            var worst = TimeSpan.Zero;
            do
            {
                var asked = Stopwatch.GetTimestamp();
                Ping(socket);
                var took = Stopwatch.GetElapsedTime(asked);
                worst = took > worst ? took : worst;
            } while (!_stop.Wait(Every));

            _worst.SetResult(worst);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            _worst.SetException(exception);
        }
    }

    // Any line is an answer: a server that is loading refuses, and that is being alive too.
    private static void Ping(Socket socket)
    {
        socket.Send("PING\r\n"u8);
        Span<byte> answer = stackalloc byte[256];
        for (var count = 0; !answer[..count].EndsWith("\r\n"u8); )
        {
            var read = socket.Receive(answer[count..]);
            if (read == 0)
                throw new IOException("The target has closed the connection.");
            count += read;
        }
    }
}
