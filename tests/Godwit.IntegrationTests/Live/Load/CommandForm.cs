namespace Godwit.IntegrationTests.Live.Load;

/// <summary>One way to write a command.</summary>
/// <param name="Name">The command.</param>
/// <param name="Weight">How often it comes, against the others.</param>
/// <param name="Arguments">Makes its arguments.</param>
internal sealed record CommandForm(string Name, int Weight, Func<LoadChoices, object[]> Arguments)
{
    /// <summary>A command that only servers know which take this form.</summary>
    public string? Marker { get; init; }

    /// <summary>It gives fields of a hash an expiry.</summary>
    public bool SetsFieldExpiry { get; init; }

    /// <summary>It names a database, or keys of its own choice: not for clusters.</summary>
    public bool AloneOnly { get; init; }

    /// <summary>It names another database: not for a load that has one alone.</summary>
    public bool NamesDatabase { get; init; }

    /// <summary>It cannot stand in a transaction, or would change what the next commands mean there.</summary>
    public bool OutsideTransactions { get; init; }

    public object[] Command(LoadChoices choices) => [Name, .. Arguments(choices)];

    public bool IsFor(LoadSettings settings, IReadOnlySet<string> known, bool inCluster) =>
        known.Contains(Name)
        && (Marker is null || known.Contains(Marker))
        && (settings.FieldExpiry || !SetsFieldExpiry)
        && (settings.Databases.Count > 1 || !NamesDatabase)
        && !(inCluster && AloneOnly);
}
