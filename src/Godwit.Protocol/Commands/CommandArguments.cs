namespace Godwit.Protocol.Commands;

/// <summary>The words of one command where they lie. It lives as long as the buffer that it looks into.</summary>
public readonly ref struct CommandArguments
{
    private readonly ReadOnlySpan<byte> _buffer;
    private readonly ReadOnlySpan<ArgumentRange> _ranges;

    /// <summary>Creates a view.</summary>
    /// <param name="buffer">What holds the words.</param>
    /// <param name="ranges">Where each of them lies in it, the command's name first.</param>
    public CommandArguments(ReadOnlySpan<byte> buffer, ReadOnlySpan<ArgumentRange> ranges)
    {
        _buffer = buffer;
        _ranges = ranges;
    }

    /// <summary>How many words, the name included.</summary>
    public int Count => _ranges.Length;

    /// <summary>A word; 0 is the name.</summary>
    public ReadOnlySpan<byte> this[int index] => _buffer.Slice(_ranges[index].Start, _ranges[index].Length);

    /// <summary>True if there is such a word and it is this keyword, in whatever case.</summary>
    /// <param name="index">Which word; it need not be there.</param>
    /// <param name="keyword">In ASCII.</param>
    public bool Is(int index, ReadOnlySpan<byte> keyword) =>
        index < Count && System.Text.Ascii.EqualsIgnoreCase(this[index], keyword);
}
