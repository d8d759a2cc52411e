namespace Godwit.Protocol.Commands;

/// <summary>Where one word of a command lies in a buffer.</summary>
/// <param name="Start">Index of its first byte.</param>
/// <param name="Length">Its bytes.</param>
public readonly record struct ArgumentRange(int Start, int Length);
