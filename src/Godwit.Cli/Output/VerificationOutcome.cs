using Godwit.Cli.Terminal;
using Godwit.Verification;

namespace Godwit.Cli.Output;

/// <summary>Tells a user what a comparison came to: the result on standard output, what went wrong on standard error.</summary>
internal sealed class VerificationOutcome(Surroundings surroundings, OutputSettings settings, StandardErrorLog log)
{
    public void Tell(VerificationReport report)
    {
        if (settings.Json)
            surroundings.Output.WriteLine(VerificationJson.Of(report));
        // A refusal has nothing to sum up.
        else if (!settings.Quiet && report.Failure is not { BeforeFirstWrite: true })
            surroundings.Output.Write(
                VerificationSummary.Of(report, Ink.For(surroundings.OutputIsTerminal, surroundings))
            );

        if (report.Failure is { } failure)
            log.Error(failure.Message, failure.WhatToDo, settings.Verbose ? failure.Exception.ToString() : null);
        else if (settings.Quiet && report.Status is VerificationStatus.Different or VerificationStatus.CannotTell)
            log.Error(
                VerificationSummary.Verdict(report),
                report.ReportFile is { } file ? $"{file} names them." : null
            );
    }
}
