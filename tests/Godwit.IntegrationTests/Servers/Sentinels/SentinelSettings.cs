using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers.Sentinels;

/// <summary>How a set of servers with its Sentinels is started.</summary>
internal sealed record SentinelSettings
{
    public int Replicas { get; init; } = 2;

    public int Sentinels { get; init; } = 3;

    /// <summary>What the Sentinels call the primary.</summary>
    public string ServiceName { get; init; } = "godwit";

    /// <summary>Of the servers' default user; null: none.</summary>
    public string? Password { get; init; }

    /// <summary>Of the Sentinels; null: none.</summary>
    public string? SentinelPassword { get; init; }

    /// <summary>Servers and Sentinels listen with TLS only; null: no TLS.</summary>
    public TestCertificates? Tls { get; init; }

    /// <summary>After so long without an answer a Sentinel takes a server for down.</summary>
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc cref="ServerSettings.Arguments"/>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public ServerSettings Server =>
        new()
        {
            Password = Password,
            Tls = Tls,
            Arguments = Arguments,
        };
}
