using Godwit.Configuration;
using Godwit.Endpoints;

namespace Godwit.Migration;

/// <summary>The command that goes on where a run has stopped.</summary>
internal static class ResumeCommand
{
    /// <summary>Null where there is nothing left to do, nothing was begun, or the source cannot be read again.</summary>
    /// <param name="options">The user's choices.</param>
    /// <param name="status">How the run ended.</param>
    /// <param name="deadLetters">Name what failed.</param>
    /// <param name="begun">The target was changed, or may have been.</param>
    /// <param name="copying">Keys were on their way. Before that no more was done than to empty the target, all of it or in part.</param>
    public static string? For(
        MigrationOptions options,
        MigrationStatus status,
        DeadLetters deadLetters,
        bool begun,
        bool copying = true
    )
    {
        if (
            status == MigrationStatus.Completed
            || !begun
            || options.Sources.Any(source => source is RdbFileEndpoint { IsStandardInput: true })
        )
            return null;

        // A file of lines is written anew: what it has is not read back.
        if (options.Target is JsonEndpoint)
            return null;

        List<string> words = [.. ShellWords.Split(options.CommandLine)];

        // What was to be emptied may still be there: to skip that would leave old values in place.
        if (!copying)
            return string.Join(' ', words.Select(ShellWords.Quote));

        // What has been emptied must not be emptied again.
        words.RemoveAll(word => word is "--flush-target" or "--yes");
        if (status == MigrationStatus.Partial)
        {
            Set(words, "--retry", deadLetters.Path);
        }
        else if (options.OnExisting == OnExisting.Fail)
        {
            // One key is one transaction, so a key that is there is there whole.
            Set(words, "--on-existing", "skip");
        }

        return string.Join(' ', words.Select(ShellWords.Quote));
    }

    /// <summary>Of a live job, which keeps its own position.</summary>
    public static string ForLive(MigrationOptions options)
    {
        List<string> words = [.. ShellWords.Split(options.CommandLine)];
        words.RemoveAll(word => word is "--flush-target" or "--yes" or "--resume");
        return string.Join(' ', words.Append("--resume").Select(ShellWords.Quote));
    }

    private static void Set(List<string> words, string option, string value)
    {
        for (var i = words.Count - 1; i >= 0; i--)
        {
            if (words[i] == option)
                words.RemoveRange(i, Math.Min(2, words.Count - i));
            else if (words[i].StartsWith($"{option}=", StringComparison.Ordinal))
                words.RemoveAt(i);
        }

        words.AddRange([option, value]);
    }
}
