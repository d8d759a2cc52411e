using Godwit.Connections;

namespace Godwit.Endpoints;

/// <summary>A Redis-compatible server: <c>redis://</c>, <c>rediss://</c> or <c>unix://</c>.</summary>
internal sealed record RedisEndpoint : Endpoint
{
    /// <summary>The port that <c>redis://host</c> means.</summary>
    public const int DefaultPort = 6379;

    /// <summary>Host name or address; an IPv6 address without its brackets. Null for a Unix socket.</summary>
    public string? Host { get; init; }

    /// <summary>TCP port, 1 to 65535.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Path of a Unix socket; null for TCP.</summary>
    public string? SocketPath { get; init; }

    /// <summary>ACL user; null for the default user.</summary>
    public string? User { get; init; }

    /// <summary>Null where the server asks for none.</summary>
    public string? Password { get; init; }

    /// <summary>The one database that is meant; null for all of a source, and for database 0 and up of a target.</summary>
    public int? Database { get; init; }

    /// <summary>Null for a connection in the clear.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>The URI, without user and password.</summary>
    public override string ToString()
    {
        if (SocketPath is not null)
            return Database is { } socketDatabase ? $"unix://{SocketPath}?db={socketDatabase}" : $"unix://{SocketPath}";

        var host = Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        var scheme = Tls is null ? "redis" : "rediss";
        return Database is { } database ? $"{scheme}://{host}:{Port}/{database}" : $"{scheme}://{host}:{Port}";
    }
}
