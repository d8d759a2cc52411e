namespace Godwit.Live.Expiry;

/// <summary>A hash whose fields may expire, and how far a walk has come in it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Cursor">Where HSCAN goes on.</param>
/// <param name="Fields">About as many fields come next.</param>
internal readonly record struct HashPlace(ReadOnlyMemory<byte> Key, string Cursor, int Fields);
