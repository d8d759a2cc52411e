using Godwit.Migration.Checks;
using Godwit.Planning.Sampling;

namespace Godwit.Planning;

/// <summary>All that a plan found.</summary>
internal sealed record PlanReport
{
    /// <summary>Each source, in the user's order.</summary>
    public required IReadOnlyList<SourcePlan> Sources { get; init; }

    /// <summary>The target.</summary>
    public required TargetPlan Target { get; init; }

    /// <summary>What every check found, in the order of <see cref="CheckNames"/>.</summary>
    public required IReadOnlyList<PlanFinding> Findings { get; init; }

    /// <summary>How long it would take; null where nobody can tell.</summary>
    public Estimate? Estimate { get; init; }

    /// <summary>The largest of the sampled keys, the largest first.</summary>
    public IReadOnlyList<BigKey> BiggestKeys { get; init; } = [];

    /// <summary>How long the plan took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The worst of the findings.</summary>
    public Severity Worst => Findings.Count == 0 ? Severity.Ok : Findings.Max(finding => finding.Finding.Severity);

    /// <summary>How many findings there are of a kind.</summary>
    public int Count(Severity severity) => Findings.Count(finding => finding.Finding.Severity == severity);
}

/// <summary>What one check found, and about which source.</summary>
/// <param name="Source">Its URI without secrets; null for what is about the target, or about all.</param>
/// <param name="Finding">What it found.</param>
internal sealed record PlanFinding(string? Source, Finding Finding);

/// <summary>A key of a source, with its size.</summary>
/// <param name="Source">URI of its source, without secrets.</param>
/// <param name="Key">The key.</param>
internal sealed record BigKey(string Source, SampledKey Key);
