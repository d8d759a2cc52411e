using System.Globalization;

namespace Godwit.IntegrationTests.Servers;

/// <summary>What a server's command line says of its settings.</summary>
internal static class ServerArguments
{
    public static IEnumerable<string> Of(ServerVersion version, ServerSettings settings, int port) =>
        [
            .. Listening(settings, port),
            .. (string[])["--save", ""],
            // A replica that asks for a snapshot gets it now, not after waiting for others to share it.
            .. (string[])["--repl-diskless-sync-delay", "0"],
            // Before 7.0 DEBUG was always there.
            .. version == ServerVersion.Redis60 ? (string[])[] : ["--enable-debug-command", "yes"],
            .. settings.Password is { } password ? (string[])["--requirepass", password, "--masterauth", password] : [],
            .. settings.Users.SelectMany(user => user.Arguments),
            .. settings.Cluster ? Cluster(version) : [],
        ];

    /// <summary>Where it listens, and how; also a Sentinel's.</summary>
    public static IEnumerable<string> Listening(ServerSettings settings, int port)
    {
        var number = port.ToString(CultureInfo.InvariantCulture);
        return settings.Tls is { } certificates
            ?
            [
                .. (string[])["--bind", "127.0.0.1", "--port", "0", "--tls-port", number],
                .. (string[])["--tls-ca-cert-file", certificates.AuthorityFile],
                .. (string[])["--tls-cert-file", certificates.ServerCertificateFile],
                .. (string[])["--tls-key-file", certificates.ServerKeyFile],
                .. (string[])["--tls-auth-clients", settings.RequireClientCertificate ? "yes" : "optional"],
                .. (string[])["--tls-replication", "yes", "--tls-cluster", "yes"],
            ]
            : (string[])["--bind", "127.0.0.1", "--port", number];
    }

    private static IEnumerable<string> Cluster(ServerVersion version) =>
        [
            .. (string[])["--cluster-enabled", "yes"],
            // A replica that was away for long may take over too, and none goes to another primary by itself.
            .. (string[])["--cluster-replica-validity-factor", "0", "--cluster-migration-barrier", "1000"],
            .. version == ServerVersion.Redis60 ? (string[])[] : ["--cluster-allow-replica-migration", "no"],
            // Before 7.0 the port on which nodes talk to each other is always the first one plus 10,000.
            .. version == ServerVersion.Redis60
                ? (string[])[]
                : ["--cluster-port", RedisServer.FreePort().ToString(CultureInfo.InvariantCulture)],
        ];
}
