using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Godwit.IntegrationTests.Servers.Faults;

/// <summary>A client's connection and the one to the server that belongs to it.</summary>
internal sealed class ProxiedConnection(Socket client) : IDisposable
{
    private const int ReceiveBytes = 16 * 1024;

    // What a network holds while it delays: up to 16 MB.
    private const int PacketsOnTheWay = 1024;

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
    };

    private volatile bool _isAbandoned;

    /// <summary>Passes bytes both ways until both sides have ended, or one broke off, or the connection is cut.</summary>
    public async Task RunAsync(
        int serverPort,
        FlowControl toServer,
        FlowControl toClient,
        CancellationToken cancellationToken
    )
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(IPAddress.Loopback, serverPort, cancellationToken);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(
            PassAsync(client, _server, toServer, end, cancellationToken),
            PassAsync(_server, client, toClient, end, cancellationToken)
        );
    }

    /// <summary>Ends both halves with a reset. Who runs this connection disposes of it.</summary>
    public void Reset()
    {
        // Both first: as soon as one is closed, whoever runs this connection may close the other.
        WillReset(client);
        WillReset(_server);
        client.Close(0);
        _server.Close(0);
    }

    /// <summary>Ends the client's half with a reset; the other one as soon as what the client had sent has arrived.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        WillReset(client);
        client.Close(0);
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private static void WillReset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (ObjectDisposedException)
        {
            // It is closed already.
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException;

    private async Task PassAsync(
        Socket from,
        Socket to,
        FlowControl control,
        CancellationTokenSource end,
        CancellationToken cancellationToken
    )
    {
        var onTheWay = Channel.CreateBounded<Packet>(PacketsOnTheWay);
        var receiving = EndTogetherAsync(ReceiveAsync(from, onTheWay.Writer, control, end.Token), end);
        await EndTogetherAsync(SendAsync(onTheWay.Reader, from, to, control, end, cancellationToken), end);
        await receiving;
    }

    /// <summary>A side that breaks off, or a cut, ends the other direction too; a side that has said its last word does not.</summary>
    private async Task EndTogetherAsync(Task task, CancellationTokenSource end)
    {
        try
        {
            await task;
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            if (!_isAbandoned)
                await end.CancelAsync();
        }
    }

    private async Task ReceiveAsync(
        Socket from,
        ChannelWriter<Packet> onTheWay,
        FlowControl control,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var bytes = new byte[ReceiveBytes];
            int count;
            try
            {
                count = await from.ReceiveAsync(bytes, cancellationToken);
            }
            catch (Exception exception) when (_isAbandoned && exception is SocketException or ObjectDisposedException)
            {
                break;
            }

            if (count == 0)
                break;
            await onTheWay.WriteAsync(new(bytes.AsMemory(0, count), control.Due()), cancellationToken);
        }

        onTheWay.Complete();
    }

    private static async Task SendAsync(
        ChannelReader<Packet> onTheWay,
        Socket from,
        Socket to,
        FlowControl control,
        CancellationTokenSource end,
        CancellationToken cancellationToken
    )
    {
        await foreach (var packet in onTheWay.ReadAllAsync(end.Token))
        {
            for (var rest = packet.Bytes; rest.Length > 0; )
            {
                await control.WaitAsync(packet.Due, end.Token);
                var (count, cut) = control.Take(Math.Min(rest.Length, control.PieceBytes));
                await SendAllAsync(to, rest[..count], end.Token);
                if (cut)
                {
                    await end.CancelAsync();
                    await CutAsync(from, to, cancellationToken);
                    return;
                }

                rest = rest[count..];
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendAllAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes, cancellationToken)..];
    }

    /// <summary>
    /// A reset for the one who sent; an ordinary end, behind all that passed, for the one who receives. To close that side
    /// with bytes in it that nobody read would be a reset too, and might take back what is on its way.
    /// </summary>
    private static async Task CutAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        from.Close(0);
        to.Shutdown(SocketShutdown.Send);
        var nowhere = new byte[ReceiveBytes];
        while (await to.ReceiveAsync(nowhere, cancellationToken) > 0) { }
    }

    private readonly record struct Packet(ReadOnlyMemory<byte> Bytes, long Due);
}
