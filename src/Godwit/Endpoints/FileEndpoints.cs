namespace Godwit.Endpoints;

/// <summary>RDB files as a source: a path, a directory, a glob, or <c>-</c> for standard input.</summary>
/// <param name="Path">As the user gave it.</param>
internal sealed record RdbFileEndpoint(string Path) : Endpoint
{
    /// <summary>What stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>It can be read once only.</summary>
    public bool IsStandardInput => Path == StandardInput;

    /// <inheritdoc/>
    public override string ToString() => Path;
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
