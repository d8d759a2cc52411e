namespace Godwit.Protocol.Rdb;

/// <summary>A string of an item: a part of the caller's buffer, or decoded into one of the reader's.</summary>
internal readonly struct RdbText
{
    private readonly byte[]? _decoded;
    private readonly int _start;
    private readonly int _length;

    public RdbText(int start, int length)
    {
        _start = start;
        _length = length;
    }

    public RdbText(byte[] decoded, int length)
    {
        _decoded = decoded;
        _length = length;
    }

    public bool IsInBuffer => _decoded is null;

    public Range Range => _start..(_start + _length);

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> buffer) => (_decoded ?? buffer).Slice(_start, _length);

    /// <summary>The same with its place counted from elsewhere in the buffer.</summary>
    public RdbText Move(int by) => IsInBuffer ? new RdbText(_start + by, _length) : this;
}
