namespace Godwit.Endpoints;

/// <summary>RDB files as a source: paths, directories, globs, or <c>-</c> for standard input.</summary>
/// <param name="Paths">As the user gave them, in the order in which they are read; one or more.</param>
internal sealed record RdbFileEndpoint(params IReadOnlyList<string> Paths) : Endpoint
{
    /// <summary>What stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>It can be read once only.</summary>
    public bool IsStandardInput => Paths.Contains(StandardInput, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Uris => Paths;

    // A record compares a list by reference.
    /// <inheritdoc/>
    public bool Equals(RdbFileEndpoint? other) =>
        other is not null && Paths.SequenceEqual(other.Paths, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Paths.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => Paths.Count == 1 ? Paths[0] : $"{Paths[0]} and {Paths.Count - 1} more";
}

/// <summary>A file of one JSON document a line as a target: <c>json:PATH</c>, where <c>-</c> is standard output.</summary>
/// <param name="Path">As the user gave it.</param>
internal sealed record JsonEndpoint(string Path) : Endpoint
{
    /// <summary>What stands for standard output.</summary>
    public const string StandardOutput = "-";

    /// <inheritdoc/>
    public override string ToString() => $"json:{Path}";
}
