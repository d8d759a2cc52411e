using Godwit.Migration.Checks;

namespace Godwit.Cli.Output;

/// <summary>How severe a finding is, in the word that users and scripts see.</summary>
internal static class SeverityWord
{
    public static string Of(Severity severity) =>
        severity switch
        {
            Severity.Ok => "ok",
            Severity.Warning => "warning",
            _ => "stop",
        };
}
