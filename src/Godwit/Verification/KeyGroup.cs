namespace Godwit.Verification;

/// <summary>Keys that are looked at together.</summary>
/// <param name="Small">Those that are read as a whole.</param>
/// <param name="Large">Those that are compared in pieces.</param>
internal sealed record KeyGroup(byte[][] Small, IReadOnlyList<byte[]> Large)
{
    /// <summary>The small ones are taken for short strings, and nothing has been asked about them yet.</summary>
    public bool AreStrings { get; init; }
}
