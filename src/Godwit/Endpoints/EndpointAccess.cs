using Godwit.Connections;

namespace Godwit.Endpoints;

/// <summary>What the URI of an end leaves out.</summary>
internal sealed record EndpointAccess
{
    /// <summary>The password where the URI names none; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>How a <c>rediss://</c> end is encrypted. Default: the system's authorities, host name checked.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>The Sentinels' own password; null where they ask for none.</summary>
    public string? SentinelPassword { get; init; }

    /// <summary>Whether the Sentinels speak TLS; null where that is as the URI's scheme says of the servers.</summary>
    public bool? SentinelTls { get; init; }

    // A record prints its members; this one must not.
    /// <inheritdoc/>
    public override string ToString() => nameof(EndpointAccess);
}
