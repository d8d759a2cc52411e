using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>Reads <c>redis+sentinel://[user:password@]host:26379,host:26379/service[/db]</c>.</summary>
internal static class SentinelUri
{
    private const string Form = "redis+sentinel://host:26379,host:26379/service";

    /// <summary>Reads it. User and password are the data servers'.</summary>
    /// <exception cref="ConfigurationException">It is malformed.</exception>
    public static SentinelEndpoint Parse(string text, string scheme, EndpointAccess access)
    {
        var rest = text[(scheme.Length + 3)..];
        var at = rest.LastIndexOf('@');
        var userInfo = at < 0 ? null : rest[..at];
        if (at >= 0)
            rest = rest[(at + 1)..];
        if (rest.AsSpan().IndexOfAny('?', '#') >= 0)
            throw RedisUri.Malformed(text, "has parameters, which a server's URI does not take", $"Write {Form}.");

        var parts = rest.Split('/');
        if (parts.Length is < 2 or > 3 || parts[1].Length == 0)
        {
            throw RedisUri.Malformed(
                text,
                "does not name the service that the Sentinels watch over",
                $"Write {Form}: the name is the one in their line 'sentinel monitor NAME ...'."
            );
        }

        var tls = scheme is "rediss+sentinel" ? access.Tls : null;
        var ofSentinels = access.SentinelTls ?? tls is not null ? access.Tls : null;
        var (user, password) = RedisUri.Credentials(userInfo, text, access.Password);
        return new SentinelEndpoint
        {
            Sentinels =
            [
                .. parts[0]
                    .Split(',')
                    .Select(authority =>
                        RedisUri.HostOf(authority, text, SentinelEndpoint.DefaultPort) with
                        {
                            Password = access.SentinelPassword,
                            Tls = ofSentinels,
                        }
                    ),
            ],
            Service = PercentEncoding.Decode(parts[1], "service"),
            User = user,
            Password = password,
            Database = parts.Length < 3 || parts[2].Length == 0 ? null : RedisUri.DatabaseNumber(parts[2], text),
            Tls = tls,
        };
    }
}
