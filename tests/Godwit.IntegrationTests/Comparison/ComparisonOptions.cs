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

    /// <summary>
    /// A primary of 7.0 does not tell its replicas how many entries a group has read: a replica that took over, or that is
    /// read from, does not know it.
    /// </summary>
    public bool IgnoreEntriesRead { get; init; }

    /// <summary>
    /// Consumers of a group that have nothing pending. XREADGROUP makes one even where it then finds that the entries were
    /// deleted, and tells no replica of it.
    /// </summary>
    public bool IgnoreIdleConsumers { get; init; }

    /// <summary>
    /// By how many milliseconds an expiry may differ. MIGRATE sends a key with the time that it has left, so whenever its
    /// slot moves to another node its expiry comes to lie a little later.
    /// </summary>
    public long ExpiryTolerance { get; init; }

    /// <summary>Keys that must be missing at the target.</summary>
    public IReadOnlySet<KeyName> Missing { get; init; } = new HashSet<KeyName>();
}
