using Godwit.Planning.Sampling;

namespace Godwit.Planning;

/// <summary>How much time a plan takes for its measurements.</summary>
internal sealed record PlanSettings
{
    /// <summary>Between the two looks that a rate is worked out from. Default: 1 s.</summary>
    public TimeSpan RateInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How far each source is sampled.</summary>
    public SampleLimits Sample { get; init; } = new();

    /// <summary>How many of the largest keys are shown. Default: 20.</summary>
    public int BiggestKeys { get; init; } = 20;
}
