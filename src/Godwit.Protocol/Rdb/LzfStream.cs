using System.Buffers;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Decompresses LZF that comes in pieces of any length. It holds the last 8 KiB of its output, as far as a copy can reach
/// back, and a bounded part of what has not been taken yet.
/// </summary>
/// <remarks>The format is that of <see cref="Lzf"/>.</remarks>
internal sealed class LzfStream : IDisposable
{
    private const int Window = 8 * 1024;
    private const int OutputSize = 128 * 1024;
    private const int FirstCopy = 32;
    private const int LongCopy = 7;

    private byte[] _output = ArrayPool<byte>.Shared.Rent(Window + OutputSize);
    private int _window;
    private int _end;
    private int _literals;

    /// <summary>Bytes that came out so far.</summary>
    public long Produced { get; private set; }

    /// <summary>
    /// Decompresses what it can of <paramref name="input"/>, and gives it to <paramref name="sink"/> in parts.
    /// </summary>
    /// <returns>How many bytes of the input were used: all but an instruction that is not complete, of 3 bytes at most.</returns>
    /// <exception cref="RdbFormatException">A copy reaches back beyond the beginning.</exception>
    public int Decompress(ReadOnlySpan<byte> input, long offset, IValueSink sink)
    {
        var from = 0;
        while (from < input.Length)
        {
            if (_literals > 0)
            {
                var count = Math.Min(_literals, input.Length - from);
                Reserve(count, sink);
                input.Slice(from, count).CopyTo(_output.AsSpan(_end));
                _end += count;
                from += count;
                _literals -= count;
            }
            else if (input[from] < FirstCopy)
            {
                _literals = input[from++] + 1;
            }
            else if (!TryCopy(input, ref from, offset, sink))
            {
                break;
            }
        }

        Give(sink);
        return from;
    }

    /// <summary>True where the input may end: no literals are due.</summary>
    public bool CanEnd => _literals == 0;

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (_output.Length > 0)
            ArrayPool<byte>.Shared.Return(_output);
        _output = [];
    }

    private bool TryCopy(ReadOnlySpan<byte> input, ref int from, long offset, IValueSink sink)
    {
        var count = input[from] >> 5;
        var size = count == LongCopy ? 3 : 2;
        if (input.Length - from < size)
            return false;

        if (count == LongCopy)
            count += input[from + 1];
        count += 2;
        var distance = ((input[from] & 0x1F) << 8) + input[from + size - 1] + 1;
        Reserve(count, sink);
        if (distance > _end)
            RdbThrow.Malformed("A compressed string refers to bytes before its beginning", offset + from);

        // Byte by byte, since a copy may run into what it is just writing.
        for (var i = 0; i < count; i++, _end++)
            _output[_end] = _output[_end - distance];
        from += size;
        return true;
    }

    private void Reserve(int count, IValueSink sink)
    {
        if (_output.Length - _end >= count)
            return;

        Give(sink);
        var kept = Math.Min(_end, Window);
        _output.AsSpan(_end - kept, kept).CopyTo(_output);
        _window = _end = kept;
    }

    private void Give(IValueSink sink)
    {
        if (_end == _window)
            return;

        sink.String(_output.AsSpan(_window, _end - _window));
        Produced += _end - _window;
        _window = _end;
    }
}
