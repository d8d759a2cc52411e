using Godwit.Connections;

namespace Godwit.Endpoints;

/// <summary>An end that is a server, or several that hold one set of data: what is needed to be let in.</summary>
internal abstract record ServerEndpoint : Endpoint
{
    /// <summary>ACL user; null for the default user.</summary>
    public string? User { get; init; }

    /// <summary>Null where the server asks for none.</summary>
    public string? Password { get; init; }

    /// <summary>The one database that is meant; null for all of a source, and for database 0 and up of a target.</summary>
    public int? Database { get; init; }

    /// <summary>Null for a connection in the clear.</summary>
    public TlsOptions? Tls { get; init; }

    // A record prints its members; none of these may.
    /// <inheritdoc/>
    public abstract override string ToString();
}
