using System.Net;

namespace Godwit.Dynomite;

/// <summary>Addresses that mean something only on the machine that uses them.</summary>
internal static class LocalAddress
{
    /// <summary>The machine itself: <c>127.0.0.1</c>, <c>::1</c>, <c>localhost</c>.</summary>
    public static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>All of the machine's addresses: <c>0.0.0.0</c>, <c>::</c>.</summary>
    public static bool IsWildcard(string host) =>
        IPAddress.TryParse(host, out var address)
        && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
