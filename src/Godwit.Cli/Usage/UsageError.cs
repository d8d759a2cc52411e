namespace Godwit.Cli.Usage;

/// <summary>One thing that is wrong with the command line.</summary>
/// <param name="Message">What, and why. Never holds a password.</param>
/// <param name="Hint">How to write it instead; null if that cannot be told.</param>
/// <param name="Before">What stands before the token on the line that points at it, such as an option's name; null for nothing.</param>
/// <param name="Token">The word that is wrong, to be shown and underlined; null where no single word is.</param>
internal sealed record UsageError(string Message, string? Hint = null, string? Before = null, string? Token = null);

/// <summary>The command line is wrong; all that was found is told at once.</summary>
internal sealed class UsageException(IReadOnlyList<UsageError> errors)
    : Exception(string.Join(' ', errors.Select(error => error.Message)))
{
    /// <summary>One or more.</summary>
    public IReadOnlyList<UsageError> Errors { get; } = errors;
}
