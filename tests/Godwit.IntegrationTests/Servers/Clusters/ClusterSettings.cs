using System.Globalization;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>How a cluster is started.</summary>
internal sealed record ClusterSettings
{
    public int Primaries { get; init; } = 3;

    /// <summary>Of each primary.</summary>
    public int Replicas { get; init; }

    /// <summary>Null: <see cref="SlotDivision.Even"/>. A primary whose list is empty has no slots.</summary>
    public IReadOnlyList<IReadOnlyList<SlotRange>>? Slots { get; init; }

    /// <summary>More than one: Valkey from 9.0 on.</summary>
    public int Databases { get; init; } = 1;

    /// <summary>After so long without an answer a node takes another for down; about twice as long until a replica is primary.</summary>
    public TimeSpan NodeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc cref="ServerSettings.Password"/>
    public string? Password { get; init; }

    public IReadOnlyList<AclUser> Users { get; init; } = [];

    /// <inheritdoc cref="ServerSettings.Tls"/>
    public TestCertificates? Tls { get; init; }

    /// <inheritdoc cref="ServerSettings.RequireClientCertificate"/>
    public bool RequireClientCertificate { get; init; }

    /// <inheritdoc cref="ServerSettings.Arguments"/>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What each node is started with.</summary>
    public ServerSettings Node =>
        new()
        {
            Cluster = true,
            Password = Password,
            Users = Users,
            Tls = Tls,
            RequireClientCertificate = RequireClientCertificate,
            Arguments =
            [
                .. (string[])["--cluster-node-timeout", Number(NodeTimeout.TotalMilliseconds)],
                .. Databases > 1 ? (string[])["--cluster-databases", Number(Databases)] : [],
                .. Arguments,
            ],
        };

    private static string Number(double number) => number.ToString("F0", CultureInfo.InvariantCulture);
}
