namespace Godwit.Sources.Scan;

/// <summary>The keys of one SCAN round, by how they are read.</summary>
/// <param name="Small">By DUMP.</param>
/// <param name="Large">In pieces.</param>
internal sealed record ScanRound(byte[][] Small, IReadOnlyList<byte[]> Large)
{
    /// <summary>No keys.</summary>
    public static readonly ScanRound Empty = new([], []);
}
