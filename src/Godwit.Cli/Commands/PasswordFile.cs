using System.CommandLine;
using System.Security;
using Godwit.Cli.Usage;

namespace Godwit.Cli.Commands;

/// <summary>A password that stays out of the command line: in a file, or in the environment.</summary>
internal static class PasswordFile
{
    // A file of another kind given by mistake is not read to its end.
    private const int LongestPassword = 64 * 1024;

    /// <summary>The option that names the file.</summary>
    /// <param name="side">Whose password: <c>source</c>, <c>target-sentinel</c>.</param>
    public static Option<string?> Option(string side) =>
        OptionKinds.Text(
            $"--{side}-password-file",
            "FILE",
            $"The {side}'s password is the first line of this file.",
            "none"
        );

    /// <summary>The file's first line; where no file is named, what the environment says; null where neither does.</summary>
    public static string? Read(
        ParseResult parsed,
        Option<string?> option,
        string? environment,
        List<UsageError> errors
    ) => Read(parsed.GetValue(option), option, environment, errors);

    /// <summary>The first line of a file that the option names; where it names none, what the environment says.</summary>
    public static string? Read(string? path, Option option, string? environment, List<UsageError> errors)
    {
        if (path is null)
            return string.IsNullOrEmpty(environment) ? null : environment;

        try
        {
            if (FirstLine(path) is { Length: > 0 } password)
                return password;
            errors.Add(
                new UsageError($"The first line of the file that {option.Name} names is empty, or far too long.")
            );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SecurityException)
        {
            var why = exception is FileNotFoundException or DirectoryNotFoundException
                ? "does not exist"
                : "cannot be read";
            errors.Add(new UsageError($"{option.Name}: {path} {why}.", Before: option.Name, Token: path));
        }

        return null;
    }

    /// <summary>Without its end of line; null if it is longer than any password. Works on pipes, <c>&lt;(pass show redis)</c>.</summary>
    private static string? FirstLine(string path)
    {
        using var reader = new StreamReader(path);
        var buffer = new char[LongestPassword];
        var length = reader.ReadBlock(buffer);
        var end = buffer.AsSpan(0, length).IndexOfAny('\r', '\n');
        if (end < 0 && length == buffer.Length)
            return null;
        return new string(buffer, 0, end < 0 ? length : end);
    }
}
