namespace Godwit.IntegrationTests.Live.Load;

/// <summary>What a load writes, and how fast.</summary>
internal sealed record LoadSettings
{
    /// <summary>The longest that a key lives which is meant to expire while a test runs.</summary>
    public static readonly TimeSpan LongestShortLife = TimeSpan.FromSeconds(2);

    /// <summary>The same seed gives each connection the same commands; how those of several mix is up to the server.</summary>
    public required int Seed { get; init; }

    /// <summary>Of all connections together, where the server and the machine are fast enough.</summary>
    public int CommandsPerSecond { get; init; } = 5_000;

    public int Connections { get; init; } = 4;

    /// <summary>Where keys are written; one alone where the servers are a cluster.</summary>
    public IReadOnlyList<int> Databases { get; init; } = [0, 1, 2, 9];

    /// <summary>Those among <see cref="Databases"/> that are emptied now and then.</summary>
    public IReadOnlyList<int> FlushedDatabases { get; init; } = [2, 9];

    /// <summary>Fields of hashes expire: not for a target that cannot hold that.</summary>
    public bool FieldExpiry { get; init; } = true;

    /// <summary>Databases change places now and then.</summary>
    public bool SwapsDatabases { get; init; }

    /// <summary>The server may die and come back meanwhile: connections that are lost are made anew until the load is stopped.</summary>
    public bool SurvivesTheServer { get; init; }
}
