namespace Godwit.Protocol.Commands;

/// <summary>Where one key stands in a command.</summary>
/// <param name="Argument">Index of its word; the command's name is word 0.</param>
/// <param name="Access">What the command does with it.</param>
public readonly record struct KeyPosition(int Argument, KeyAccess Access);
