namespace Godwit.Endpoints;

/// <summary>
/// The primary that Sentinels name: <c>redis+sentinel://</c> or <c>rediss+sentinel://</c>. User, password, database and TLS are
/// the data servers'; what the Sentinels themselves ask for is in <see cref="Sentinels"/>.
/// </summary>
internal sealed record SentinelEndpoint : ServerEndpoint
{
    /// <summary>The port that a Sentinel's host without one means.</summary>
    public const int DefaultPort = 26379;

    /// <summary>Those that the user names, each with the Sentinels' own password and TLS. One or more.</summary>
    public required IReadOnlyList<RedisEndpoint> Sentinels { get; init; }

    /// <summary>What the Sentinels call the set of servers.</summary>
    public required string Service { get; init; }

    /// <summary>One of the data servers, with what is needed to be let in there.</summary>
    public RedisEndpoint Server(string host, int port) =>
        new()
        {
            Host = host,
            Port = port,
            User = User,
            Password = Password,
            Database = Database,
            Tls = Tls,
        };

    /// <summary>The URI, without user and passwords.</summary>
    public override string ToString()
    {
        var scheme = Tls is null ? "redis+sentinel" : "rediss+sentinel";
        var hosts = string.Join(',', Sentinels.Select(sentinel => sentinel.Address));
        var service = Uri.EscapeDataString(Service);
        return Database is { } database ? $"{scheme}://{hosts}/{service}/{database}" : $"{scheme}://{hosts}/{service}";
    }
}
