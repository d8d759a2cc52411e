namespace Godwit.Verification.Keyspaces;

/// <summary>
/// How many keys to ask a SCAN for, and how many of them are compared at once: about a mebibyte of names, by those that came last. A name
/// may be as long as a value.
/// </summary>
/// <param name="most">More are never asked for.</param>
internal sealed class ScanRound(int most)
{
    private const int Bytes = 1024 * 1024;
    private const int First = 16;
    private const int Growth = 8;

    /// <summary>Keys to ask for next.</summary>
    public int Count { get; private set; } = Math.Min(First, most);

    /// <summary>Learns from the names that came last, and gives them in parts.</summary>
    public IEnumerable<byte[][]> Split(byte[][] names)
    {
        if (names.Length == 0)
            return [];

        var length = names.Sum(name => (long)name.Length);
        var fitting = Bytes * (long)names.Length / Math.Max(1, length);
        Count = (int)Math.Clamp(fitting, 1, Math.Min(most, Count * (long)Growth));
        return length <= Bytes ? [names] : Parts(names);
    }

    private static IEnumerable<byte[][]> Parts(byte[][] names)
    {
        var part = new List<byte[]>();
        long length = 0;
        foreach (var name in names)
        {
            if (part.Count > 0 && length + name.Length > Bytes)
            {
                yield return [.. part];
                part.Clear();
                length = 0;
            }

            part.Add(name);
            length += name.Length;
        }

        yield return [.. part];
    }
}
