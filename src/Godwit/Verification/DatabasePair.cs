namespace Godwit.Verification;

/// <summary>A database of the source and the one of the target that is to be like it.</summary>
/// <param name="Source">Number at the source.</param>
/// <param name="Target">Number at the target.</param>
internal readonly record struct DatabasePair(int Source, int Target);
