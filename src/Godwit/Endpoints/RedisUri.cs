using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>
/// Reads <c>redis://</c>, <c>rediss://</c> and <c>unix://</c> by hand: <see cref="Uri"/> takes some passwords for a path,
/// and puts what it cannot read into its messages.
/// </summary>
internal static class RedisUri
{
    // Of sockaddr_un (unix(7)), less the zero at its end.
    private const int LongestSocketPath = 107;

    // RFC 1035, 2.3.4.
    private const int LongestHost = 255;

    public static RedisEndpoint Parse(string text, string scheme, EndpointAccess access)
    {
        var rest = text[(scheme.Length + 3)..];
        string? userInfo = null;
        // Up to the last @: a password may hold an @, / or ? that should have been percent-encoded. A socket's path may hold an @.
        var at = scheme is "unix" && rest.StartsWith('/') ? -1 : rest.LastIndexOf('@');
        if (at >= 0)
            (userInfo, rest) = (rest[..at], rest[(at + 1)..]);

        var endpoint = scheme is "unix" ? Socket(rest, text) : Tcp(rest, text);
        var (user, password) = Credentials(userInfo, text, access.Password);
        return endpoint with { User = user, Password = password, Tls = scheme is "rediss" ? access.Tls : null };
    }

    /// <summary>User and password as they stand before the host; where none does, the other password.</summary>
    internal static (string? User, string? Password) Credentials(string? userInfo, string text, string? otherPassword)
    {
        if (string.IsNullOrEmpty(userInfo))
            return (null, otherPassword);

        var colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        var user = PercentEncoding.Decode(colon < 0 ? userInfo : userInfo[..colon], "user");
        if (colon < 0)
        {
            // redis-cli takes a name alone for the password, other clients for the user: only the second can be meant here.
            if (otherPassword is null)
                throw new ConfigurationException(
                    $"{UriSecrets.Hide(text)} has a user but no password.",
                    "Write :PASSWORD@ for a password alone, USER:@ for a user without one, or give the password in a file or by environment."
                );
            return (user, otherPassword);
        }

        var password = PercentEncoding.Decode(userInfo[(colon + 1)..], "password");
        return user.Length == 0 ? (null, password.Length == 0 ? otherPassword : password) : (user, password);
    }

    private static RedisEndpoint Socket(string rest, string text)
    {
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var path = PercentEncoding.Decode(question < 0 ? rest : rest[..question], "path");
        if (path.Length < 2 || path[0] != '/')
            throw Malformed(text, "names no absolute path", "Write unix:///path/to.sock.");

        if (Encoding.UTF8.GetByteCount(path) > LongestSocketPath)
            throw Malformed(
                text,
                $"has a path longer than the {LongestSocketPath} bytes that a socket may have",
                "Name the socket by a shorter path, such as a symbolic link."
            );

        int? database = null;
        if (question >= 0)
        {
            var query = rest[(question + 1)..];
            if (!query.StartsWith("db=", StringComparison.Ordinal))
                throw Malformed(text, "has a parameter that is not db", "Write unix:///path/to.sock?db=N.");
            database = DatabaseNumber(query["db=".Length..], text);
        }

        return new RedisEndpoint { SocketPath = path, Database = database };
    }

    private static RedisEndpoint Tcp(string rest, string text)
    {
        if (rest.AsSpan().IndexOfAny('?', '#') >= 0)
            throw Malformed(text, "has parameters, which a server's URI does not take", "Write redis://host:port/db.");

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var database = slash < 0 ? "" : rest[(slash + 1)..];
        return HostOf(authority, text, RedisEndpoint.DefaultPort) with
        {
            Database = database.Length == 0 ? null : DatabaseNumber(database, text),
        };
    }

    /// <summary>A host with its port, which may be left out.</summary>
    internal static RedisEndpoint HostOf(string authority, string text, int defaultPort)
    {
        var (host, port) = authority.StartsWith('[') ? AddressAndPort(authority, text) : HostAndPort(authority, text);
        return new RedisEndpoint { Host = host, Port = port is null ? defaultPort : PortNumber(port, text) };
    }

    /// <summary><c>[::1]:6379</c></summary>
    private static (string Host, string? Port) AddressAndPort(string authority, string text)
    {
        var end = authority.IndexOf(']', StringComparison.Ordinal);
        var host = end < 0 ? "" : PercentEncoding.Decode(authority[1..end], "address");
        var behind = end < 0 ? "" : authority[(end + 1)..];
        if (!IPAddress.TryParse(host, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            throw Malformed(text, "has no IPv6 address between its brackets", "Write redis://[::1]:6379.");
        if (behind.Length > 0 && behind[0] != ':')
            throw Malformed(text, "has something other than a port behind its address", "Write redis://[::1]:6379.");
        return (host, behind.Length == 0 ? null : behind[1..]);
    }

    private static (string Host, string? Port) HostAndPort(string authority, string text)
    {
        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0 && authority.IndexOf(':', colon + 1) >= 0)
            throw Malformed(
                text,
                "has several colons in its host",
                "Write an IPv6 address in brackets: redis://[::1]:6379."
            );

        var host = colon < 0 ? authority : authority[..colon];
        if (host.Length == 0)
            throw Malformed(text, "names no host", "Write redis://host:6379.");
        if (host.Length > LongestHost)
            throw Malformed(
                text,
                $"has a host longer than the {LongestHost} characters that a name may have",
                "Write redis://host:6379."
            );
        foreach (var c in host)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('.' or '-' or '_'))
                throw Malformed(
                    text,
                    "has a character in its host that does not belong there",
                    "Write redis://host:6379."
                );
        }

        return (host, colon < 0 ? null : authority[(colon + 1)..]);
    }

    private static int PortNumber(string port, string text) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is > 0 and <= 65535
            ? number
            : throw Malformed(text, "has a port that is not a number from 1 to 65535", "Write redis://host:6379.");

    /// <summary>A database's number.</summary>
    internal static int DatabaseNumber(string database, string text) =>
        int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Malformed(
                text,
                "has a database that is not a number",
                "Write redis://host:6379/0, or leave it out."
            );

    /// <summary>What is wrong with a URI; its secrets are left out.</summary>
    internal static ConfigurationException Malformed(string text, string why, string whatToDo) =>
        new($"{UriSecrets.Hide(text)} {why}.", whatToDo);
}
