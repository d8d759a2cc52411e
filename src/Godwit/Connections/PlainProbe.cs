using System.Net.Sockets;
using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Connections;

/// <summary>Finds out, after TLS has failed, whether the port answers without it: the commonest cause, and hard to see.</summary>
internal static class PlainProbe
{
    // The user waits for an error message by then.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Whether a second connection, in the clear, gets a reply to a PING. No secret is sent.</summary>
    public static async Task<bool> AnswersAsync(
        RedisEndpoint endpoint,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var options = new ConnectionOptions { ConnectTimeout = Limit, ReplyTimeout = Limit };
        using var timeout = new CancellationTokenSource(Limit, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var addresses = await Dialer.ResolveAsync(endpoint, both.Token).ConfigureAwait(false);
            using var socket = await Dialer
                .ConnectAsync(endpoint, addresses, options, timeProvider, both.Token)
                .ConfigureAwait(false);
            await socket.SendAsync("PING\r\n"u8.ToArray(), both.Token).ConfigureAwait(false);
            var first = new byte[1];
            return await socket.ReceiveAsync(first, both.Token).ConfigureAwait(false) == 1
                && first[0] is (byte)'+' or (byte)'-';
        }
        catch (Exception e) when (e is SocketException or GodwitException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
