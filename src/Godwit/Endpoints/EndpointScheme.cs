using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>What may stand before the colon of an endpoint, now or in a later version.</summary>
internal static class EndpointScheme
{
    /// <summary>What this version takes as a source, in the words of its messages.</summary>
    public const string Sources =
        "redis://, rediss://, redis+sentinel://, unix://, dynomite:, and RDB files (a path, file://, a directory, a glob, -)";

    /// <summary>What this version takes as a target, in the words of its messages.</summary>
    public const string Targets = "redis://, rediss://, redis+sentinel://, unix:// and json:PATH";

    private static readonly string[] Supported =
    [
        "redis",
        "rediss",
        "redis+sentinel",
        "rediss+sentinel",
        "unix",
        "file",
        "json",
        "dynomite",
    ];

    private static readonly Dictionary<string, string> Later = new(StringComparer.OrdinalIgnoreCase)
    {
        ["s3"] = "S3",
        ["gs"] = "Google Cloud Storage",
        ["https"] = "HTTPS",
        ["ftp"] = "FTP",
        ["sftp"] = "SFTP",
        ["dynamodb"] = "DynamoDB",
        ["dynamodb-json"] = "files for DynamoDB's import",
        ["replica"] = "being a primary for another server",
    };

    // Names that other programs use for the same thing, too far from ours to be found as a slip.
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["valkey"] = "redis",
        ["valkeys"] = "rediss",
        ["tcp"] = "redis",
        ["tls"] = "rediss",
        ["redis+tls"] = "rediss",
        ["redis+unix"] = "unix",
        ["redis-socket"] = "unix",
    };

    /// <summary>The part before the first colon, in lower case, where it has a scheme's form (RFC 3986, 3.1); else null.</summary>
    public static string? Of(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || !char.IsAsciiLetter(text[0]))
            return null;
        foreach (var c in text.AsSpan(0, colon))
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return null;
        }

        return text[..colon].ToLowerInvariant();
    }

    /// <summary>Whether a source as its user wrote it is meant to be a server, which may ask for a password.</summary>
    public static bool IsServer(string text) =>
        Of(text) is "redis" or "rediss" or "redis+sentinel" or "rediss+sentinel" or "unix" or "dynomite";

    /// <summary>Whether some version of this program knows the scheme.</summary>
    public static bool IsKnown(string scheme) =>
        Supported.Contains(scheme, StringComparer.OrdinalIgnoreCase) || Later.ContainsKey(scheme);

    /// <summary>What a scheme of a later version stands for; null if there is no such scheme.</summary>
    public static string? MeaningInLaterVersion(string scheme) => Later.GetValueOrDefault(scheme);

    /// <summary>The scheme that was probably meant; null if there is no good guess.</summary>
    public static string? Nearest(string scheme) =>
        OtherNames.GetValueOrDefault(scheme) ?? Spelling.Nearest(scheme, [.. Supported, .. Later.Keys]);
}
