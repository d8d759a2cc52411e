using Godwit.Cli.Terminal;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Verification;

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
        TellVerification(report);

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

    // What became of the keys is told already; now, whether it is right.
    private void TellVerification(MigrationReport report)
    {
        if (report.Verification is not { } verification)
            return;
        if (verification.Failure is { } failure)
        {
            var message = $"The migration is done, but it could not be verified: {failure.Message}";
            log.Error(message, failure.WhatToDo, settings.Verbose ? failure.Exception.ToString() : null);
        }
        else if (settings is { Json: false, Quiet: false })
        {
            var ink = Ink.For(surroundings.OutputIsTerminal, surroundings);
            surroundings.Output.Write($"\n{VerificationSummary.Of(verification, ink)}");
        }
        else if (settings.Quiet && verification.Status is VerificationStatus.Different or VerificationStatus.CannotTell)
            log.Error(VerificationSummary.Verdict(verification), "godwit verify --report FILE names them.");
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
        var ofSources = Passwords(options.Sources);
        string[] missing =
        [
            .. ofSources.Length == 1 ? Missing("source", options) : [],
            .. SentinelPasswords(options.Sources).Length > 0 ? Missing("source-sentinel", options) : [],
            .. Passwords([options.Target]).Length > 0 ? Missing("target", options) : [],
            .. SentinelPasswords([options.Target]).Length > 0 ? Missing("target-sentinel", options) : [],
        ];
        var sentence = missing.Length == 0 ? "" : $"set {string.Join(" and ", missing)}";
        if (ofSources.Length > 1 && !options.CommandLine.Contains(FileOfSource, StringComparison.Ordinal))
            sentence = $"add {FileOfSource} once for each source{(sentence.Length == 0 ? "" : $", and {sentence}")}";
        return sentence.Length == 0 ? null : $"It has no passwords: {sentence}.";
    }

    private const string FileOfSource = "--source-password-file";

    private static string[] Passwords(IEnumerable<Endpoint> endpoints) =>
        Distinct(endpoints.OfType<ServerEndpoint>().Select(endpoint => endpoint.Password));

    private static string[] SentinelPasswords(IEnumerable<Endpoint> endpoints) =>
        Distinct(
            endpoints
                .OfType<SentinelEndpoint>()
                .SelectMany(endpoint => endpoint.Sentinels)
                .Select(sentinel => sentinel.Password)
        );

    private static string[] Distinct(IEnumerable<string?> passwords) =>
        [
            .. passwords
                .Select(password => password ?? "")
                .Where(password => password.Length > 0)
                .Distinct(StringComparer.Ordinal),
        ];

    private string[] Missing(string side, MigrationOptions options) =>
        IsElsewhere(side, options) ? [] : [Variable(side)];

    private bool IsElsewhere(string side, MigrationOptions options) =>
        !string.IsNullOrEmpty(surroundings.Environment(Variable(side)))
        || options.CommandLine.Contains($"--{side}-password-file", StringComparison.Ordinal);

    private static string Variable(string side) => $"GODWIT_{side.Replace('-', '_').ToUpperInvariant()}_PASSWORD";
}
