namespace Godwit.Sources.Scan;

/// <summary>The keys of one SCAN round, by how they are read.</summary>
/// <param name="Small">By DUMP.</param>
/// <param name="Large">In pieces.</param>
internal sealed record ScanRound(byte[][] Small, IReadOnlyList<byte[]> Large)
{
    /// <summary>No keys.</summary>
    public static readonly ScanRound Empty = new([], []);

    /// <summary>True if there are no keys.</summary>
    public bool IsEmpty => Small.Length == 0 && Large.Count == 0;
}

/// <summary>Keys of which something is asked before they are read, by what that is.</summary>
/// <param name="Strings">They are taken for short strings, and asked for as such.</param>
/// <param name="Unknown">How much memory they take.</param>
internal sealed record AskedKeys(byte[][] Strings, byte[][] Unknown)
{
    /// <summary>True if nothing was asked.</summary>
    public bool IsEmpty => Strings.Length == 0 && Unknown.Length == 0;
}
