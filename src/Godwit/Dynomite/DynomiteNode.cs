using System.Globalization;

namespace Godwit.Dynomite;

/// <summary>One node of a Dynomite cluster.</summary>
internal sealed class DynomiteNode
{
    /// <summary>Its datacenter.</summary>
    public required string Datacenter { get; init; }

    /// <summary>Its rack.</summary>
    public required string Rack { get; init; }

    /// <summary>Its tokens, in order.</summary>
    public required IReadOnlyList<uint> Tokens { get; init; }

    /// <summary>Its own address; null where nobody tells it.</summary>
    public string? Host { get; set; }

    /// <summary>TCP port where it listens for other nodes.</summary>
    public required int PeerPort { get; init; }

    /// <summary>The Redis server behind it as its own configuration has it; null where that is not known.</summary>
    public HostAndPort? Server { get; init; }

    /// <summary>Redis' port, where its configuration is not known: that of the node that names it.</summary>
    public int AssumedRedisPort { get; init; }

    /// <summary>Redis' password by its configuration; null if that has none.</summary>
    public string? Password { get; init; }

    /// <summary>True if nothing says on which port its Redis server listens.</summary>
    public bool IsPortAssumed => Server is null;

    /// <summary>
    /// Where its Redis server is, the best first. A loopback address is that of the node itself: its own address counts, and the
    /// loopback address only where the node is on this machine, or nobody says where it is.
    /// </summary>
    public IReadOnlyList<HostAndPort> RedisAddresses
    {
        get
        {
            if (Server is not { } server)
                return [new HostAndPort(Host!, AssumedRedisPort)];
            var isLocal = LocalAddress.IsLoopback(server.Host) || LocalAddress.IsWildcard(server.Host);
            if (!isLocal || Host is null || Host == server.Host)
                return [server];
            var own = server with { Host = Host };
            return LocalAddress.IsLoopback(Host) ? [own, server] : [own];
        }
    }

    /// <summary>The node's name for people: its own address, or that of its Redis server.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Host ?? Server!.Value.Host}:{PeerPort}");
}
