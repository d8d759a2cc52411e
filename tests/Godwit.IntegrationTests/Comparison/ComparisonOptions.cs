namespace Godwit.IntegrationTests.Comparison;

/// <summary>What two servers may differ in, because one of them cannot hold it.</summary>
internal sealed record ComparisonOptions
{
    public bool IgnoreFieldExpiry { get; init; }

    public bool IgnoreFunctions { get; init; }

    /// <summary>
    /// Takes -0 for 0. From 7.0 on ZADD itself stores -0 as 0 where a sorted set is small; older ones keep its sign.
    /// </summary>
    public bool IgnoreSignOfZero { get; init; }

    /// <summary>Keys that must be missing at the target.</summary>
    public IReadOnlySet<KeyName> Missing { get; init; } = new HashSet<KeyName>();
}
