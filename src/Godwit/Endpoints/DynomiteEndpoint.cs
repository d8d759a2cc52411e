using System.Globalization;

namespace Godwit.Endpoints;

/// <summary>
/// A Dynomite cluster: <c>dynomite:///PATH</c> for configurations of its nodes or a saved description, <c>dynomite://HOST</c>
/// for a node that is asked. All that stand on one command line are of one cluster.
/// </summary>
internal sealed record DynomiteEndpoint : Endpoint
{
    /// <summary>Where a node tells of itself (<c>stats_listen</c>), if nothing else is said.</summary>
    public const int DefaultPort = 22222;

    /// <summary>A file, a directory of <c>.yml</c>, <c>.yaml</c> and <c>.json</c> files, or a glob; null for a node.</summary>
    public string? Path { get; init; }

    /// <summary>A node that is asked; null for files.</summary>
    public string? Host { get; init; }

    /// <summary>Its TCP port, 1 to 65535.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>TCP port of Redis on nodes of which nothing else tells it; null for what Dynomite's own examples have.</summary>
    public int? RedisPort { get; init; }

    /// <summary>Of the Redis nodes; null where a configuration says it or none is asked for.</summary>
    public string? Password { get; init; }

    /// <summary>The URI, without a password.</summary>
    public override string ToString()
    {
        var suffix = RedisPort is { } port ? string.Create(CultureInfo.InvariantCulture, $"?redis-port={port}") : "";
        if (Path is not null)
            return Path.StartsWith('/') ? $"dynomite://{Path}{suffix}" : $"dynomite:{Path}{suffix}";
        var host = Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return string.Create(CultureInfo.InvariantCulture, $"dynomite://{host}:{Port}{suffix}");
    }
}
