using System.Net;
using System.Net.Sockets;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>Opens the socket to an endpoint: every address of a name is tried, in the resolver's order.</summary>
internal static class Dialer
{
    // After the first unanswered question TCP asks again this often, in seconds, this many times.
    private const int KeepAliveInterval = 10;
    private const int KeepAliveRetries = 3;

    /// <summary>The addresses of the endpoint; of a Unix socket its path.</summary>
    /// <exception cref="ConnectionException">The host is unknown.</exception>
    public static async Task<IReadOnlyList<EndPoint>> ResolveAsync(
        RedisEndpoint endpoint,
        CancellationToken cancellationToken
    )
    {
        if (endpoint.SocketPath is { } path)
            return [new UnixDomainSocketEndPoint(path)];
        if (IPAddress.TryParse(endpoint.Host, out var literal))
            return [new IPEndPoint(literal, endpoint.Port)];

        try
        {
            var found = await Dns.GetHostAddressesAsync(endpoint.Host!, cancellationToken).ConfigureAwait(false);
            if (found.Length == 0)
                throw new SocketException((int)SocketError.HostNotFound);
            return Array.ConvertAll(found, EndPoint (address) => new IPEndPoint(address, endpoint.Port));
        }
        catch (SocketException e)
        {
            throw ConnectionFailure.Resolve(endpoint, e);
        }
    }

    /// <summary>A connected socket, which the caller owns.</summary>
    /// <param name="endpoint">Whom the addresses are of.</param>
    /// <param name="addresses">One or more.</param>
    /// <param name="options">For keep-alive, and for the time: an address that stays silent leaves each of those after it its share.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the try; it also stands for the time-out of the whole.</param>
    /// <exception cref="ConnectionException">No address took the connection; the last one's error.</exception>
    public static async Task<Socket> ConnectAsync(
        RedisEndpoint endpoint,
        IReadOnlyList<EndPoint> addresses,
        ConnectionOptions options,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var share = options.ConnectTimeout / addresses.Count;
        SocketException? last = null;
        for (var i = 0; i < addresses.Count; i++)
        {
            var isLast = i == addresses.Count - 1;
            using var timeout = isLast
                ? new CancellationTokenSource()
                : new CancellationTokenSource(share, timeProvider);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                return await ConnectAsync(addresses[i], options.KeepAlive, both.Token).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                last = e;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                last = new SocketException((int)SocketError.TimedOut);
            }
        }

        throw ConnectionFailure.Connect(endpoint, last!);
    }

    private static async Task<Socket> ConnectAsync(
        EndPoint address,
        TimeSpan keepAlive,
        CancellationToken cancellationToken
    )
    {
        var isUnix = address is UnixDomainSocketEndPoint;
        var socket = new Socket(
            address.AddressFamily,
            SocketType.Stream,
            isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp
        );
        try
        {
            if (!isUnix)
            {
                // Commands are gathered before they are sent: there is nothing for Nagle's algorithm to wait for.
                socket.NoDelay = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
                var idle = Math.Max(1, (int)keepAlive.TotalSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval);
                socket.SetSocketOption(
                    SocketOptionLevel.Tcp,
                    SocketOptionName.TcpKeepAliveRetryCount,
                    KeepAliveRetries
                );
            }

            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
