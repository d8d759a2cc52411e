using Godwit.Configuration;
using Godwit.Endpoints;

namespace Godwit.Cli.Usage;

/// <summary>A command line as it would be typed into a POSIX shell.</summary>
internal static class ShellText
{
    /// <summary><c>godwit</c> with the arguments, quoted where a shell needs it; passwords in URIs are left out.</summary>
    public static string Of(IEnumerable<string> arguments) =>
        string.Join(' ', arguments.Select(argument => ShellWords.Quote(UriSecrets.Remove(argument))).Prepend("godwit"));
}
