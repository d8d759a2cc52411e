using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers;

/// <summary>How a client gets into a server.</summary>
internal sealed record ServerAccess
{
    public static ServerAccess Open { get; } = new();

    /// <summary>TLS, with the client certificate of this set; null: no TLS.</summary>
    public TestCertificates? Tls { get; init; }

    /// <summary>Null: the default user.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>The address of a server on this machine, as users of the program write it.</summary>
    public string UriOf(int port)
    {
        var scheme = Tls is null ? "redis" : "rediss";
        var logIn = Password is null ? "" : $"{User}:{Uri.EscapeDataString(Password)}@";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{scheme}://{logIn}127.0.0.1:{port}");
    }
}
