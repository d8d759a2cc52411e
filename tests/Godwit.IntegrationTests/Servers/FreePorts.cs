using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Godwit.IntegrationTests.Servers;

/// <summary>
/// Ports for servers, from below those that the kernel gives to clients' connections: so a server that was killed finds its
/// own port free when it starts again. No port comes twice within thousands.
/// </summary>
internal static class FreePorts
{
    private const int Lowest = 12_000;
    private const int Count = 20_000;

    // Several test processes on one machine begin at different places.
    private static int _last = RandomNumberGenerator.GetInt32(Count);

    /// <summary>A port that nobody listens on at this moment.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Lowest + (int)((uint)Interlocked.Increment(ref _last) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's; the next one, then.
            }
        }
    }
}
