using Godwit.Migration;

namespace Godwit.Verification;

/// <summary>What a comparison came to.</summary>
internal enum VerificationStatus
{
    /// <summary>Nothing differs.</summary>
    Equal,

    /// <summary>Something differs.</summary>
    Different,

    /// <summary>Nothing was seen to differ, but of some keys it cannot be told.</summary>
    CannotTell,

    /// <summary>Stopped by a signal, in order.</summary>
    Interrupted,

    /// <summary>Refused or broken off.</summary>
    Failed,
}

/// <summary>All that is known of a comparison when it has ended.</summary>
internal sealed record VerificationReport
{
    /// <summary>What it came to.</summary>
    public required VerificationStatus Status { get; init; }

    /// <summary>What was found of the keys; of a run that did not end, up to then.</summary>
    public required VerifiedKeys Keys { get; init; }

    /// <summary>What was found of the function libraries.</summary>
    public VerifiedFunctions Functions { get; init; }

    /// <summary>What was compared.</summary>
    public required VerifyMode Mode { get; init; }

    /// <summary>Of how many of a hundred keys.</summary>
    public required double SamplePercent { get; init; }

    /// <summary>
    /// Where a sample was compared: the greatest fraction of all keys that may differ, 0 to 1, with a certainty of
    /// <see cref="Sampling.SampleConfidence.Level"/>. Null for all keys.
    /// </summary>
    public double? MostDifferent { get; init; }

    /// <summary>Wall time from the first connection to the end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Each source. <see cref="SourceReport.Read"/> is <c>scan</c>.</summary>
    public required IReadOnlyList<SourceReport> Sources { get; init; }

    /// <summary>The target's URI, and its server's name and version.</summary>
    public required SourceReport Target { get; init; }

    /// <summary>Where the differences are named; null where nobody asked for that.</summary>
    public string? ReportFile { get; init; }

    /// <summary>The first differences, as lines of a report.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Why it was refused or broke off; null otherwise.</summary>
    public MigrationFailure? Failure { get; init; }
}
