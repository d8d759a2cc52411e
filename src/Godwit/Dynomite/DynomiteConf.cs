namespace Godwit.Dynomite;

/// <summary>Where something listens.</summary>
/// <param name="Host">Name or address, an IPv6 address without its brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal readonly record struct HostAndPort(string Host, int Port);

/// <summary>A node as another one's configuration names it.</summary>
/// <param name="Address">Where it listens for other nodes.</param>
/// <param name="Rack">Its rack.</param>
/// <param name="Datacenter">Its datacenter.</param>
/// <param name="Tokens">Its tokens, one or more.</param>
internal sealed record DynomiteSeed(HostAndPort Address, string Rack, string Datacenter, IReadOnlyList<uint> Tokens);

/// <summary>What the configuration of one node says, as far as its data is concerned.</summary>
internal sealed record DynomiteConf
{
    /// <summary>Where it was read, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The node's datacenter.</summary>
    public required string Datacenter { get; init; }

    /// <summary>The node's rack.</summary>
    public required string Rack { get; init; }

    /// <summary>Where it listens for other nodes (<c>dyn_listen</c>).</summary>
    public required HostAndPort Listen { get; init; }

    /// <summary>The Redis server behind it (<c>servers</c>), often by a loopback address.</summary>
    public required HostAndPort Server { get; init; }

    /// <summary>The node's tokens, one or more.</summary>
    public required IReadOnlyList<uint> Tokens { get; init; }

    /// <summary>The other nodes that it knows (<c>dyn_seeds</c>).</summary>
    public required IReadOnlyList<DynomiteSeed> Seeds { get; init; }

    /// <summary>The Redis server's password (<c>requirepass</c>); null for none.</summary>
    public string? Password { get; init; }

    // A record prints its members; this one must not.
    /// <inheritdoc/>
    public override string ToString() => File;
}
