namespace Godwit.Migration.Checks;

/// <summary>What a finding means for a migration.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It can go on, but somebody should look at it.</summary>
    Warning,

    /// <summary>It would be refused before the first write.</summary>
    Stop,
}

/// <summary>What one check found.</summary>
/// <param name="Check">The check's name, for scripts: small letters and hyphens.</param>
/// <param name="Severity">What it means.</param>
/// <param name="Message">What and why, without a full stop at its end.</param>
/// <param name="WayOut">What to do, in whole sentences; null where nothing is to be done, or nothing is known.</param>
internal sealed record Finding(string Check, Severity Severity, string Message, string? WayOut = null)
{
    /// <summary>As it should be.</summary>
    public static Finding Ok(string check, string message) => new(check, Severity.Ok, message);

    /// <summary>It can go on.</summary>
    public static Finding Warning(string check, string message, string? wayOut = null) =>
        new(check, Severity.Warning, message, wayOut);

    /// <summary>It would be refused.</summary>
    public static Finding Stop(string check, string message, string wayOut) =>
        new(check, Severity.Stop, message, wayOut);

    /// <summary>In one line: what, why, and what to do.</summary>
    public override string ToString() => WayOut is null ? $"{Message}." : $"{Message}. {WayOut}";
}
