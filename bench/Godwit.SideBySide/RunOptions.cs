namespace Godwit.SideBySide;

/// <summary>What the command line asks for.</summary>
internal sealed record RunOptions
{
    /// <summary>Names of data sets, and <c>curve</c>.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>All sizes are multiplied by this.</summary>
    public required double Scale { get; init; }

    /// <summary>How often each contender runs.</summary>
    public required int Runs { get; init; }

    /// <summary>Contenders whose names contain this, in any case; null for all.</summary>
    public required string? Only { get; init; }

    /// <summary>Which server is the source, the target and the reference.</summary>
    public required string Server { get; init; }

    /// <summary>The program's <c>godwit.dll</c>.</summary>
    public required string Godwit { get; init; }

    /// <summary>What the program was built from, for the results; null if nobody said it.</summary>
    public required string? Revision { get; init; }

    /// <summary>Where the results go; null for the place that fits.</summary>
    public required string? Output { get; init; }

    /// <summary>Leaves logs and the like behind.</summary>
    public required bool Keep { get; init; }

    /// <summary>Where the results go: a try must not take the place of a full run's.</summary>
    public string ResultsFile =>
        Output ?? (IsFull ? Repository.Results : Path.Combine(Repository.Workspace, "RESULTS.md"));

    private bool IsFull => Scale == 1 && Runs >= 3 && Only is null && Data.Count == DataNames.All.Count;
}
