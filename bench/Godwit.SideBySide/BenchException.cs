namespace Godwit.SideBySide;

/// <summary>Something went wrong that a person has to put right; or a contender did not do its work.</summary>
internal sealed class BenchException(string message) : Exception(message);
