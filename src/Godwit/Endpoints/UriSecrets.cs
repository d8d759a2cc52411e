using System.Text;

namespace Godwit.Endpoints;

/// <summary>
/// Takes passwords out of what a user wrote where a URI belongs, right or wrong: what is malformed may hold a secret too.
/// In doubt more is hidden than needed.
/// </summary>
internal static class UriSecrets
{
    /// <summary>What stands for a secret in a message.</summary>
    public const string Mask = "***";

    // Their text is a path or a name, where an @ means nothing.
    private static readonly string[] WithoutUser =
    [
        "file:",
        "json:",
        "dynamodb-json:",
        "s3://",
        "gs://",
        "dynomite:",
        "dynamodb:",
    ];

    // Parameters that are known to be harmless. Signed URLs keep their signature in others.
    private static readonly string[] HarmlessParameters = ["db", "region", "endpoint", "redis-port"];

    /// <summary>The text for a message: <c>redis://user:***@host</c>.</summary>
    public static string Hide(string text)
    {
        var at = UserEnd(text);
        if (at < 0)
            return HideParameters(HideAllButPort(text));

        var start = UserStart(text);
        var colon = text.IndexOf(':', start, at - start);
        // Without a colon it may be a user, or a password by the habit of redis-cli.
        var user = colon < 0 ? Mask : $"{text[start..colon]}:{Mask}";
        return $"{text[..start]}{user}{HideParameters(text[at..])}";
    }

    /// <summary>The text to be run again, with the password left out: <c>redis://user@host</c>.</summary>
    public static string Remove(string text)
    {
        // Only a URI ever became a connection; of a path nothing may be lost.
        if (!text.Contains("://", StringComparison.Ordinal) || FindPassword(text) is not { } password)
            return text;
        var (start, at) = (UserStart(text), password.End.Value);
        var colon = password.Start.Value - 1;
        return colon == start ? text[..start] + text[(at + 1)..] : text[..colon] + text[at..];
    }

    /// <summary>Where the password stands; null if there is none.</summary>
    public static Range? FindPassword(string text)
    {
        var at = UserEnd(text);
        if (at < 0)
            return null;
        var start = UserStart(text);
        var colon = text.IndexOf(':', start, at - start);
        return colon < 0 ? null : (colon + 1)..at;
    }

    /// <summary>Where the user's name or password begins: behind <c>://</c>, or behind the scheme of a URI without slashes.</summary>
    private static int UserStart(string text)
    {
        var slashes = text.IndexOf("://", StringComparison.Ordinal);
        if (slashes >= 0)
            return slashes + 3;
        // redis:/user:password@host and redis:user:password@host lack slashes but hold a password all the same.
        var scheme = text.IndexOf(':', StringComparison.Ordinal);
        if (scheme <= 0 || !EndpointScheme.IsKnown(text[..scheme]))
            return 0;
        return scheme + 1 < text.Length && text[scheme + 1] == '/' ? scheme + 2 : scheme + 1;
    }

    /// <summary>Where the @ is that ends user and password; -1 if there is none.</summary>
    private static int UserEnd(string text)
    {
        // The last one: a password may hold an @, / or ? that should have been percent-encoded.
        var at = text.LastIndexOf('@');
        if (at < 0 || text[0] is '/' or '.' or '~')
            return -1;
        if (
            WithoutUser.Any(prefix => text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            && !IsDynomiteNode(text)
        )
            return -1;

        var start = UserStart(text);
        if (at < start)
            return -1;
        // A socket's path may hold an @; without a scheme only user:password@ is suspicious, not backup@home.rdb.
        if (text.StartsWith("unix:///", StringComparison.OrdinalIgnoreCase))
            return -1;
        return start == 0 && text.IndexOf(':', 0, at) < 0 ? -1 : at;
    }

    // It takes no user, and is given one all the same by whoever is used to redis://.
    private static bool IsDynomiteNode(string text) =>
        text.StartsWith("dynomite://", StringComparison.OrdinalIgnoreCase)
        && !text.StartsWith("dynomite:///", StringComparison.OrdinalIgnoreCase);

    /// <summary>A password whose host was forgotten, as in <c>redis://:password</c>, stands where a port belongs.</summary>
    private static string HideAllButPort(string text)
    {
        if (
            (
                EndpointScheme.Of(text) is not ("redis" or "rediss" or "unix" or "redis+sentinel" or "rediss+sentinel")
                && !IsDynomiteNode(text)
            )
            || UserStart(text) is var start && start >= text.Length
        )
            return text;
        var end = text.AsSpan(start).IndexOfAny('/', '?', '#');
        var hosts = end < 0 ? text[start..] : text.Substring(start, end);
        var isHidden = false;
        var shown = new List<string>();
        foreach (var host in hosts.Split(','))
        {
            shown.Add(HostWithPort(host));
            isHidden |= shown[^1] != host;
        }

        // What follows a password that holds a slash is a part of it.
        return isHidden ? $"{text[..start]}{string.Join(',', shown)}" : text;
    }

    private static string HostWithPort(string authority)
    {
        var host = authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) + 1 : 0;
        var colon = authority.IndexOf(':', host);
        if (colon < 0)
            return authority;
        var port = authority.AsSpan(colon + 1);
        var isPort = colon > 0 && port.Length <= 5 && !port.ContainsAnyExceptInRange('0', '9');
        return isPort ? authority : $"{authority[..(colon + 1)]}{Mask}";
    }

    private static string HideParameters(string text)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        if (question < 0)
            return text;

        var result = new StringBuilder(text, 0, question + 1, text.Length);
        var separator = "";
        foreach (var parameter in text[(question + 1)..].Split('&'))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            var isHarmless =
                equals < 0 || HarmlessParameters.Contains(parameter[..equals], StringComparer.OrdinalIgnoreCase);
            result.Append(separator).Append(isHarmless ? parameter : $"{parameter[..equals]}={Mask}");
            separator = "&";
        }

        return result.ToString();
    }
}
