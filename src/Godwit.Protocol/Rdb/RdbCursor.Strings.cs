using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Godwit.Protocol.Rdb;

public ref partial struct RdbCursor
{
    /// <summary>The longest decimal text of an integer that a string can be written as: -2147483648.</summary>
    private const int LongestInteger = 11;

    /// <summary>Steps over a string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkipString()
    {
        var position = _position;
        if ((uint)position < (uint)_buffer.Length && _buffer[position] < 0x40)
        {
            var end = position + 1 + _buffer[position];
            if (end > _buffer.Length)
                return false;
            _position = end;
            return true;
        }

        return TrySkipLongString();
    }

    /// <summary>Reads what stands in front of a string's bytes, and leaves the cursor at the first of these.</summary>
    /// <param name="size">How many bytes the string takes from there on in the buffer; more than it stands for, or fewer.</param>
    /// <exception cref="RdbFormatException">The string is of no known form, or of 2^63 bytes or more.</exception>
    public bool TryReadStringHeader(out long size)
    {
        size = 0;
        var start = _position;
        if (!TryReadLength(out var length, out var encoding))
            return false;

        switch (encoding)
        {
            case RdbStringEncoding.Int8:
                size = sizeof(sbyte);
                return true;
            case RdbStringEncoding.Int16:
                size = sizeof(short);
                return true;
            case RdbStringEncoding.Int32:
                size = sizeof(int);
                return true;
            case RdbStringEncoding.Lzf when !TryReadLength(out length) || !TryReadLength(out _):
                _position = start;
                return false;
        }

        if (length > long.MaxValue)
            RdbThrow.CountTooLarge(length, _baseOffset + start);
        size = (long)length;
        return true;
    }

    /// <summary>Reads a string: a part of the buffer where it is plain, decoded into <paramref name="scratch"/> where not.</summary>
    /// <param name="scratch">Takes what is not in the buffer as such; what it held before is gone then.</param>
    /// <param name="value">Lives as long as the buffer and until <paramref name="scratch"/> is used again.</param>
    /// <exception cref="RdbFormatException">The string is malformed, or longer than an array can be.</exception>
    public bool TryReadString(RdbStringBuffer scratch, out ReadOnlySpan<byte> value) =>
        TryReadString(scratch, out value, out _);

    /// <summary>As the shorter form, and says whether <paramref name="value"/> is a part of the buffer.</summary>
    internal bool TryReadString(RdbStringBuffer scratch, out ReadOnlySpan<byte> value, out bool isInBuffer)
    {
        var start = _position;
        isInBuffer = false;
        value = default;
        if (!TryReadLength(out var length, out var encoding))
            return false;

        var read = encoding switch
        {
            RdbStringEncoding.Plain => TryReadPlain(length, start, out value),
            RdbStringEncoding.Lzf => TryReadCompressed(scratch, start, out value),
            _ => TryReadInteger(encoding, scratch, out value),
        };
        isInBuffer = encoding == RdbStringEncoding.Plain;
        if (!read)
            _position = start;
        return read;
    }

    private bool TrySkipLongString()
    {
        var start = _position;
        if (!TryReadStringHeader(out var size))
            return false;
        if (TrySkip(size))
            return true;
        _position = start;
        return false;
    }

    private bool TryReadPlain(ulong length, int start, out ReadOnlySpan<byte> value)
    {
        if (length > (ulong)Array.MaxLength)
            RdbThrow.StringTooLarge(length, _baseOffset + start);
        return TryReadBytes((int)length, out value);
    }

    private bool TryReadInteger(RdbStringEncoding encoding, RdbStringBuffer scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        var size = encoding switch
        {
            RdbStringEncoding.Int8 => sizeof(sbyte),
            RdbStringEncoding.Int16 => sizeof(short),
            _ => sizeof(int),
        };
        if (!TryReadBytes(size, out var bytes))
            return false;

        var integer = encoding switch
        {
            RdbStringEncoding.Int8 => (sbyte)bytes[0],
            RdbStringEncoding.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        };
        var text = scratch.Take(LongestInteger);
        integer.TryFormat(text, out var written, provider: CultureInfo.InvariantCulture);
        value = text[..written];
        return true;
    }

    private bool TryReadCompressed(RdbStringBuffer scratch, int start, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadLength(out var compressedLength) || !TryReadLength(out var length))
            return false;
        if (Math.Max(compressedLength, length) > (ulong)Array.MaxLength)
            RdbThrow.StringTooLarge(Math.Max(compressedLength, length), _baseOffset + start);
        if (!TryReadBytes((int)compressedLength, out var compressed))
            return false;

        // The length is a claim until the bytes have shown it: nothing is allocated for it before.
        if (Lzf.MeasureDecompressed(compressed) != (int)length)
            RdbThrow.Malformed("A compressed string does not hold what its length says", _baseOffset + start);
        var output = scratch.Take((int)length);
        if (!Lzf.TryDecompress(compressed, output))
            RdbThrow.Malformed("A compressed string does not hold what its length says", _baseOffset + start);
        value = output;
        return true;
    }
}
