namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>What an end is.</summary>
public enum SideKind
{
    /// <summary>A server that is alone.</summary>
    Server,

    /// <summary>A cluster.</summary>
    Cluster,

    /// <summary>The primary that Sentinels name.</summary>
    Sentinel,
}
