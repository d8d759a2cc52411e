using Godwit.Endpoints;

namespace Godwit.Migration;

/// <summary>The command that goes on where a run has stopped.</summary>
internal static class ResumeCommand
{
    /// <summary>Null where there is nothing left to do, nothing was begun, or the source cannot be read again.</summary>
    public static string? For(MigrationOptions options, MigrationStatus status, DeadLetters deadLetters, bool begun)
    {
        if (
            status == MigrationStatus.Completed
            || !begun
            || options.Source is RdbFileEndpoint { IsStandardInput: true }
        )
            return null;

        // A file of lines is written anew: what it has is not read back.
        if (options.Target is JsonEndpoint)
            return null;

        var command = options
            .CommandLine.Replace(" --flush-target", "", StringComparison.Ordinal)
            .Replace(" --yes", "", StringComparison.Ordinal);
        if (status == MigrationStatus.Partial)
            return $"{command} --retry {deadLetters.Path}";

        // One key is one transaction, so a key that is there is there whole.
        return options.OnExisting == OnExisting.Fail
            ? $"{Without(command, " --on-existing fail")} --on-existing skip"
            : command;
    }

    private static string Without(string command, string option) =>
        command
            .Replace(option, "", StringComparison.Ordinal)
            .Replace(option.Replace(' ', '='), "", StringComparison.Ordinal);
}
