namespace Godwit.Verification.Files;

/// <summary>What is kept of a value that is too large to be held.</summary>
/// <param name="Digest">Stands for its content.</param>
/// <param name="Expiries">Stands for when each of its fields expires, where it is a hash.</param>
/// <param name="Length">Elements, members, fields or entries; bytes of a string.</param>
internal readonly record struct ContentSummary(UInt128 Digest, UInt128 Expiries, long Length);
