using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers;

/// <summary>How a server is started.</summary>
internal sealed record ServerSettings
{
    /// <summary>A file that the server loads a copy of first.</summary>
    public string? RdbFile { get; init; }

    /// <summary>Of the default user, and of this server where it replicates another; null: none.</summary>
    public string? Password { get; init; }

    public IReadOnlyList<AclUser> Users { get; init; } = [];

    /// <summary>It listens with TLS only, and talks to other servers with TLS; null: no TLS.</summary>
    public TestCertificates? Tls { get; init; }

    /// <summary>With TLS: who has no client certificate is not let in.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>A node of a cluster, that knows no other node yet.</summary>
    public bool Cluster { get; init; }

    /// <summary>More of its options, such as <c>--maxmemory 1mb</c> as two arguments; the last one wins.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public ServerAccess Access => new() { Tls = Tls, Password = Password };
}
