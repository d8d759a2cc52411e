namespace Godwit.Protocol.Commands;

/// <summary>Keys that stand in a command at equal distances.</summary>
/// <param name="First">Index of the first key's word.</param>
/// <param name="End">Index behind which no key follows: the last key's word is before it.</param>
/// <param name="Step">Words from one key to the next, 1 and up.</param>
/// <param name="Access">What the command does with them.</param>
public readonly record struct KeyRange(int First, int End, int Step, KeyAccess Access)
{
    /// <summary>How many keys.</summary>
    public int Count => First >= End ? 0 : ((End - First - 1) / Step) + 1;
}
