using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>Reads an endpoint as a user writes it.</summary>
internal static class EndpointParser
{
    /// <summary>Reads one end of a migration. Neither the network nor a file is touched.</summary>
    /// <param name="text">A URI, or the path of a file.</param>
    /// <param name="role">Which end it is.</param>
    /// <param name="access">
    /// What the URI leaves out. A password in the URI wins over the one given here.
    /// </param>
    /// <exception cref="ConfigurationException">It is malformed, or not supported at this end. Holds no password.</exception>
    public static Endpoint Parse(string text, EndpointRole role, EndpointAccess access)
    {
        if (text.Length == 0)
            throw new ConfigurationException($"The {Name(role)} is empty.", WhatIsTaken(role));

        var scheme = EndpointScheme.Of(text);
        var hasSlashes = scheme is not null && text.AsSpan(scheme.Length + 1).StartsWith("//");
        return scheme switch
        {
            "redis" or "rediss" or "unix" when hasSlashes => RedisUri.Parse(text, scheme, access),
            "redis+sentinel" or "rediss+sentinel" when hasSlashes => SentinelUri.Parse(text, scheme, access),
            "redis" or "rediss" or "unix" or "redis+sentinel" or "rediss+sentinel" => throw new ConfigurationException(
                $"{UriSecrets.Hide(text)} lacks the slashes behind its scheme.",
                scheme switch
                {
                    "unix" => "Write unix:///path/to.sock.",
                    "redis" or "rediss" => $"Write {scheme}://host:6379.",
                    _ => $"Write {scheme}://host:26379/service.",
                }
            ),
            "file" => File(FilePath(text), role, text),
            "json" => Json(text, role),
            "dynomite" => DynomiteUri.Parse(text, role, access),
            not null when EndpointScheme.MeaningInLaterVersion(scheme) is { } meaning => throw NotInThisVersion(
                $"{scheme}{(hasSlashes ? "://" : ":")} ({meaning})",
                role
            ),
            not null when hasSlashes => throw UnknownScheme(scheme, role),
            _ => File(text, role, text),
        };
    }

    private static RdbFileEndpoint File(string path, EndpointRole role, string text)
    {
        if (LooksLikeServer(text))
        {
            throw new ConfigurationException(
                $"{UriSecrets.Hide(text)} looks like a server without its scheme.",
                "Write redis://host:6379, or ./ before the name of a file."
            );
        }

        if (path.EndsWith(".aof", StringComparison.OrdinalIgnoreCase) || IsAppendOnlyDirectory(path))
            throw NotInThisVersion("Append-only files", role);
        if (role == EndpointRole.Source)
            return new RdbFileEndpoint(path);

        var extension = Path.GetExtension(path).ToUpperInvariant();
        if (extension is ".JSON" or ".NDJSON" or ".JSONL")
            throw new ConfigurationException($"The target {path} has no scheme.", $"Did you mean json:{path}?");
        if (extension is ".RDB" || path is RdbFileEndpoint.StandardInput)
            throw NotInThisVersion("An RDB file as a target", role);
        throw new ConfigurationException($"The target {path} is not a server's URI.", WhatIsTaken(role));
    }

    private static JsonEndpoint Json(string text, EndpointRole role)
    {
        if (role == EndpointRole.Source)
            throw new ConfigurationException("json: is a target, not a source.", WhatIsTaken(role));
        var path = text["json:".Length..];
        if (path.Length == 0)
            throw new ConfigurationException(
                "json: lacks its path.",
                "Write json:PATH, or json:- for standard output."
            );
        // json:///a is /a with slashes to spare, but json://a would silently be /a where ./a was meant.
        if (path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("///", StringComparison.Ordinal))
            throw new ConfigurationException($"{text} is not json:PATH.", $"Write json:{path[2..]}.");
        return new JsonEndpoint(path.StartsWith("///", StringComparison.Ordinal) ? path[2..] : path);
    }

    /// <summary>The local path of a <c>file:</c> URI (RFC 8089: <c>file:///path</c> and <c>file:/path</c>).</summary>
    private static string FilePath(string text)
    {
        var path = text["file:".Length..];
        if (path.StartsWith("//localhost/", StringComparison.OrdinalIgnoreCase))
            path = path["//localhost".Length..];
        else if (path.StartsWith("///", StringComparison.Ordinal))
            path = path[2..];
        else if (!path.StartsWith('/') || path.StartsWith("//", StringComparison.Ordinal))
            throw new ConfigurationException(
                $"{text} names no file of this machine.",
                "Write file:///absolute/path, or the path alone."
            );
        return PercentEncoding.Decode(path, "path");
    }

    private static bool IsAppendOnlyDirectory(string path) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(path)) is "appendonlydir"
        || path.EndsWith(".aof.manifest", StringComparison.OrdinalIgnoreCase);

    /// <summary><c>host:6379</c>, <c>host:6379/0</c> and <c>user:password@host</c>: never taken for a file by accident.</summary>
    private static bool LooksLikeServer(string text)
    {
        if (text[0] is '/' or '.' or '~' || EndpointScheme.Of(text) is "file")
            return false;
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
            return false;
        if (text.AsSpan(colon).Contains('@') || text.AsSpan(0, colon).Contains('@'))
            return true;
        var port = text.AsSpan(colon + 1);
        var slash = port.IndexOf('/');
        port = slash < 0 ? port : port[..slash];
        return port.Length is > 0 and <= 5 && !port.ContainsAnyExceptInRange('0', '9');
    }

    private static ConfigurationException NotInThisVersion(string what, EndpointRole role) =>
        new($"{what}: not supported by this version.", WhatIsTaken(role));

    private static ConfigurationException UnknownScheme(string scheme, EndpointRole role) =>
        new(
            $"There is no scheme {scheme}://.",
            EndpointScheme.Nearest(scheme) is { } nearest ? $"Did you mean {nearest}://?" : WhatIsTaken(role)
        );

    private static string WhatIsTaken(EndpointRole role) =>
        role == EndpointRole.Source
            ? $"Sources are {EndpointScheme.Sources}."
            : $"Targets are {EndpointScheme.Targets}.";

    private static string Name(EndpointRole role) => role == EndpointRole.Source ? "source" : "target";
}
