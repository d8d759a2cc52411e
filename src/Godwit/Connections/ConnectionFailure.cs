using System.Globalization;
using System.Net.Sockets;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>The words for each way in which a connection fails: what happened, why, and what its user can do.</summary>
internal static class ConnectionFailure
{
    /// <summary>What to do where a password is missing or wrong.</summary>
    public const string GivePassword =
        "Give the password with --source-password-file or --target-password-file, in GODWIT_SOURCE_PASSWORD or "
        + "GODWIT_TARGET_PASSWORD, or in the URI, with the user where the server has users.";

    private const string UseTls = "Use rediss:// instead of redis://.";

    public static ConnectionException Resolve(RedisEndpoint endpoint, SocketException cause) =>
        cause.SocketErrorCode == SocketError.TryAgain
            ? new(
                endpoint,
                ConnectionStage.Resolve,
                $"The name server gave no answer for {endpoint.Host} of {endpoint}",
                "Try again, or give the host's address instead of its name.",
                isTransient: true,
                cause
            )
            : new(
                endpoint,
                ConnectionStage.Resolve,
                $"The host {endpoint.Host} of {endpoint} is unknown: no address was found for it",
                "Check its spelling, or give its address instead of its name.",
                isTransient: false,
                cause
            );

    public static ConnectionException Connect(RedisEndpoint endpoint, SocketException cause)
    {
        if (endpoint.SocketPath is { } path)
            return ConnectSocketFile(endpoint, path, cause);

        return cause.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => new(
                endpoint,
                ConnectionStage.Connect,
                $"{endpoint} refused the connection: no server listens on this port",
                "Start the server, or check host and port.",
                isTransient: true,
                cause
            ),
            SocketError.TimedOut => new(
                endpoint,
                ConnectionStage.Connect,
                $"{endpoint} did not answer in time: the host is down, or something between drops the packets",
                "Check host and port, and that no firewall is in the way.",
                isTransient: true,
                cause
            ),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable => new(
                endpoint,
                ConnectionStage.Connect,
                $"{endpoint} cannot be reached: there is no way to this network from here",
                "Check the address and the network.",
                isTransient: true,
                cause
            ),
            _ => new(
                endpoint,
                ConnectionStage.Connect,
                $"{endpoint} cannot be reached: {cause.Message}",
                "Check host and port.",
                isTransient: true,
                cause
            ),
        };
    }

    public static ConnectionException TimedOut(
        RedisEndpoint endpoint,
        ConnectionStage stage,
        TimeSpan limit,
        Exception cause
    )
    {
        var seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var (what, whatToDo) = stage switch
        {
            ConnectionStage.Resolve => (
                $"The name server gave no answer for {endpoint.Host} of {endpoint}",
                "Try again, or give the host's address instead of its name."
            ),
            ConnectionStage.Connect => (
                $"{endpoint} did not answer: the host is down, or something between drops the packets",
                "Check host and port, and that no firewall is in the way."
            ),
            ConnectionStage.Tls => (
                $"{endpoint} took the connection but did not set up TLS",
                "Check that this port speaks TLS."
            ),
            _ => (
                $"{endpoint} took the connection but did not answer",
                "Check that this is a Redis-compatible server, that it is not busy with a long script, and whether "
                    + "this port speaks TLS (rediss://)."
            ),
        };
        return new(endpoint, stage, $"{what} (waited {seconds} s)", whatToDo, isTransient: true, cause);
    }

    public static ConnectionException Silent(RedisEndpoint endpoint, TimeSpan limit, Exception cause) =>
        new(
            endpoint,
            ConnectionStage.Exchange,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{endpoint} has been silent for {limit.TotalSeconds:0.###} s while a reply was due: it hangs, or is busy"
            ),
            "Look into the server's SLOWLOG and log, and try again.",
            isTransient: true,
            cause
        );

    public static ConnectionException Lost(RedisEndpoint endpoint, Exception cause) =>
        new(
            endpoint,
            ConnectionStage.Exchange,
            $"The connection to {endpoint} was lost: {Reason(cause)}",
            "Check that the server runs, and look into its log.",
            isTransient: true,
            cause
        );

    public static ConnectionException Closed(RedisEndpoint endpoint) =>
        new(
            endpoint,
            ConnectionStage.Exchange,
            $"{endpoint} closed the connection while a reply was due",
            "Look into the server's log: it may have been stopped, or have cut off a client that it found too slow.",
            isTransient: true
        );

    public static ConnectionException ClosedUnanswered(RedisEndpoint endpoint, Exception cause)
    {
        if (endpoint.Tls is { CertificateFile: null })
        {
            return new(
                endpoint,
                ConnectionStage.Tls,
                $"{endpoint} ended the connection right after TLS was set up: it may ask for a client certificate",
                "Give one with --tls-cert and --tls-key (--source-tls-cert, --target-tls-cert).",
                isTransient: false,
                cause
            );
        }

        if (endpoint.Tls is not null)
        {
            return new(
                endpoint,
                ConnectionStage.Tls,
                $"{endpoint} ended the connection right after TLS was set up: it may not accept our certificate",
                "Check that the server trusts the authority that signed the file of --tls-cert.",
                isTransient: false,
                cause
            );
        }

        return new(
            endpoint,
            ConnectionStage.Connect,
            $"{endpoint} closed the connection without an answer: a port that speaks TLS does that",
            "If it does speak TLS, use rediss://. If not, look into the server's log.",
            isTransient: true,
            cause
        );
    }

    public static ConnectionException SpeaksTls(RedisEndpoint endpoint, Exception cause) =>
        new(
            endpoint,
            ConnectionStage.Connect,
            $"{endpoint} speaks TLS on this port, and was addressed without",
            UseTls,
            isTransient: false,
            cause
        );

    public static ConnectionException SpeaksNoTls(RedisEndpoint endpoint, Exception cause) =>
        new(
            endpoint,
            ConnectionStage.Tls,
            $"{endpoint} speaks no TLS on this port",
            "Use redis:// instead of rediss://, or the port where the server has TLS (tls-port).",
            isTransient: false,
            cause
        );

    public static ConnectionException NoRedis(RedisEndpoint endpoint, Exception cause) =>
        new(
            endpoint,
            ConnectionStage.Connect,
            $"{endpoint} is no Redis-compatible server: its answer is not of this protocol",
            "Check host and port.",
            isTransient: false,
            cause
        );

    private static ConnectionException ConnectSocketFile(RedisEndpoint endpoint, string path, SocketException cause)
    {
        if (cause.SocketErrorCode == SocketError.AccessDenied)
        {
            return new(
                endpoint,
                ConnectionStage.Connect,
                $"The socket {path} may not be opened: permission denied",
                "Run as a user who may (the server's unixsocketperm says who).",
                isTransient: false,
                cause
            );
        }

        return File.Exists(path)
            ? new(
                endpoint,
                ConnectionStage.Connect,
                $"The socket {path} refused the connection: no server listens on it",
                "Start the server.",
                isTransient: true,
                cause
            )
            : new(
                endpoint,
                ConnectionStage.Connect,
                $"There is no socket {path}",
                "Check the path (the server's unixsocket), and that the server runs.",
                isTransient: true,
                cause
            );
    }

    private static string Reason(Exception cause)
    {
        var socket = cause as SocketException ?? cause.InnerException as SocketException;
        return socket?.SocketErrorCode switch
        {
            SocketError.ConnectionReset or SocketError.Shutdown => "the server or something between cut it",
            SocketError.TimedOut => "the other side has not answered TCP's questions any more",
            SocketError.OperationAborted => "it was closed on our side",
            null when cause is ObjectDisposedException => "it was closed on our side",
            null => cause.Message,
            _ => socket.Message,
        };
    }
}
