using Godwit.Endpoints;

namespace Godwit.Cli.Usage;

/// <summary>A command line as it would be typed into a POSIX shell.</summary>
internal static class ShellText
{
    /// <summary><c>godwit</c> with the arguments, quoted where a shell needs it; passwords in URIs are left out.</summary>
    public static string Of(IEnumerable<string> arguments) =>
        string.Join(' ', arguments.Select(argument => Quote(UriSecrets.Remove(argument))).Prepend("godwit"));

    private static string Quote(string argument)
    {
        var isPlain =
            argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "_@%+=:,./-".Contains(c));
        return isPlain ? argument : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}
