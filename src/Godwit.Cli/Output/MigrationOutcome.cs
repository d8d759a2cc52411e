using Godwit.Cli.Terminal;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli.Output;

/// <summary>Tells a user how a migration ended: the result on standard output, what went wrong on standard error.</summary>
internal sealed class MigrationOutcome(Surroundings surroundings, OutputSettings settings, StandardErrorLog log)
{
    public void Tell(MigrationReport report, MigrationOptions options)
    {
        // A refusal has nothing to sum up.
        var hasSummary = settings is { Json: false, Quiet: false } && report.Failure is not { BeforeFirstWrite: true };
        if (settings.Json)
            surroundings.Output.WriteLine(MigrationJson.Of(report));
        else if (hasSummary)
            WriteSummary(report, options);

        if (report.Failure is { } failure)
        {
            var whatToDo = hasSummary ? failure.WhatToDo : WithResume(failure, report, options);
            log.Error(failure.Message, whatToDo, settings.Verbose ? failure.Exception.ToString() : null);
        }
        else if (report.Status == MigrationStatus.Partial && settings.Quiet)
        {
            var where = report.ErrorsFile is { } file ? $"{file} says why." : null;
            log.Error($"{Quantity.Keys(report.Keys.Failed)} failed.", where);
        }
    }

    private void WriteSummary(MigrationReport report, MigrationOptions options)
    {
        // Standard output may be the target itself.
        var isTaken = options.Target is JsonEndpoint { Path: JsonEndpoint.StandardOutput };
        var (writer, isTerminal) = isTaken
            ? (surroundings.Error, surroundings.ErrorIsTerminal)
            : (surroundings.Output, surroundings.OutputIsTerminal);
        writer.Write(MigrationSummary.Of(report, Ink.For(isTerminal, surroundings), PasswordNote(options)));
    }

    private string? WithResume(MigrationFailure failure, MigrationReport report, MigrationOptions options)
    {
        if (report.ResumeCommand is null || failure.BeforeFirstWrite)
            return failure.WhatToDo;
        string?[] sentences = [failure.WhatToDo, $"To go on: {report.ResumeCommand}", PasswordNote(options)];
        return string.Join('\n', sentences.Where(sentence => sentence is not null));
    }

    /// <summary>The command that goes on never has the passwords of the URIs that began it.</summary>
    private string? PasswordNote(MigrationOptions options)
    {
        string[] missing =
        [
            .. Missing(options.Source, "SOURCE", options.CommandLine),
            .. Missing(options.Target, "TARGET", options.CommandLine),
        ];
        return missing.Length == 0 ? null : $"It has no passwords: set {string.Join(" and ", missing)}.";
    }

    private IEnumerable<string> Missing(Endpoint endpoint, string side, string commandLine)
    {
        var variable = $"GODWIT_{side}_PASSWORD";
        var isElsewhere =
            !string.IsNullOrEmpty(surroundings.Environment(variable))
            || commandLine.Contains($"--{side.ToLowerInvariant()}-password-file", StringComparison.Ordinal);
        return endpoint is RedisEndpoint { Password.Length: > 0 } && !isElsewhere ? [variable] : [];
    }
}
