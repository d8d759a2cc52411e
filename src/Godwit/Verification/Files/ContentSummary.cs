namespace Godwit.Verification.Files;

/// <summary>What is kept of a value that is too large to be held.</summary>
/// <param name="Digest">Stands for its content.</param>
/// <param name="Length">Elements, members, fields or entries; bytes of a string.</param>
internal readonly record struct ContentSummary(UInt128 Digest, long Length);
