namespace Godwit.Endpoints;

/// <summary>A Redis-compatible server: <c>redis://</c>, <c>rediss://</c> or <c>unix://</c>.</summary>
internal sealed record RedisEndpoint : ServerEndpoint
{
    /// <summary>The port that <c>redis://host</c> means.</summary>
    public const int DefaultPort = 6379;

    /// <summary>Host name or address; an IPv6 address without its brackets. Null for a Unix socket.</summary>
    public string? Host { get; init; }

    /// <summary>TCP port, 1 to 65535.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Path of a Unix socket; null for TCP.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Host and port, or the socket's path.</summary>
    public string Address =>
        SocketPath ?? (Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}");

    /// <summary>A cluster's replica that is to answer itself, instead of sending us to its primary (READONLY).</summary>
    public bool IsClusterReplica { get; init; }

    /// <summary>The URI, without user and password.</summary>
    public override string ToString()
    {
        if (SocketPath is not null)
            return Database is { } socketDatabase ? $"unix://{SocketPath}?db={socketDatabase}" : $"unix://{SocketPath}";

        var scheme = Tls is null ? "redis" : "rediss";
        return Database is { } database ? $"{scheme}://{Address}/{database}" : $"{scheme}://{Address}";
    }
}
