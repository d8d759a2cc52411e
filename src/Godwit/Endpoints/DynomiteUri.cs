using System.Globalization;
using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>Reads <c>dynomite:PATH</c>, <c>dynomite:///PATH</c> and <c>dynomite://HOST[:PORT]</c>, each with <c>?redis-port=N</c>.</summary>
internal static class DynomiteUri
{
    private const string Scheme = "dynomite:";
    private const string RedisPort = "?redis-port=";
    private const string WhatToDo =
        "Write dynomite:///path/conf.yml, or dynomite://host:22222 for a node that is asked; ?redis-port=N may follow.";

    public static DynomiteEndpoint Parse(string text, EndpointRole role, EndpointAccess access)
    {
        if (role == EndpointRole.Target)
        {
            throw new ConfigurationException(
                "dynomite: is a source, not a target.",
                "To write to a Dynomite cluster name one of its nodes' client ports as redis://host:8102."
            );
        }

        var rest = text[Scheme.Length..];
        int? redisPort = null;

        // In a glob a question mark stands for any character.
        var query = rest.LastIndexOf(RedisPort, StringComparison.Ordinal);
        if (query >= 0)
        {
            redisPort = PortNumber(rest[(query + RedisPort.Length)..], text);
            rest = rest[..query];
        }

        var endpoint = new DynomiteEndpoint { RedisPort = redisPort, Password = access.Password };
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return rest.Length > 0
                ? endpoint with
                {
                    Path = rest,
                }
                : throw Malformed(text, "names neither file nor host");
        if (rest.StartsWith("///", StringComparison.Ordinal))
            return endpoint with { Path = PercentEncoding.Decode(rest[2..], "path") };

        var authority = rest[2..].TrimEnd('/');
        if (authority.AsSpan().IndexOfAny('/', '@', '?') >= 0)
            throw Malformed(text, "is neither an absolute path nor a host");
        var bracket = authority.LastIndexOf(']');
        var colon = authority.IndexOf(':', bracket + 1);
        var host = (colon < 0 ? authority : authority[..colon]).Trim('[', ']');
        if (host.Length == 0)
            throw Malformed(text, "names neither file nor host");
        return endpoint with
        {
            Host = host,
            Port = colon < 0 ? DynomiteEndpoint.DefaultPort : PortNumber(authority[(colon + 1)..], text),
        };
    }

    private static int PortNumber(string port, string text) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is > 0 and <= 65535
            ? number
            : throw Malformed(text, "has a port that is not a number from 1 to 65535");

    private static ConfigurationException Malformed(string text, string why) =>
        new($"{UriSecrets.Hide(text)} {why}.", WhatToDo);
}
