namespace Godwit.IntegrationTests.Comparison;

/// <summary>What two servers may differ in, because one of them cannot hold it.</summary>
internal sealed record ComparisonOptions
{
    public bool IgnoreFieldExpiry { get; init; }

    public bool IgnoreFunctions { get; init; }

    /// <summary>Keys that must be missing at the target.</summary>
    public IReadOnlySet<KeyName> Missing { get; init; } = new HashSet<KeyName>();
}
