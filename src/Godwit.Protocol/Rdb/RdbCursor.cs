using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Reads the format's primitives from a buffer. A <c>Try…</c> method returns false when the buffer ends before what it
/// reads does, and then stands where it stood before; what no further byte can mend is an <see cref="RdbFormatException"/>.
/// </summary>
/// <remarks>Source: <c>src/rdb.c</c>, rdbLoadLenByRef and rdbGenericLoadStringObject.</remarks>
public ref partial struct RdbCursor
{
    private readonly ReadOnlySpan<byte> _buffer;
    private readonly long _baseOffset;
    private int _position;

    /// <summary>Stands at the first byte of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">What is there so far.</param>
    /// <param name="baseOffset">Where its first byte stands in the file or payload; errors give offsets from there.</param>
    public RdbCursor(ReadOnlySpan<byte> buffer, long baseOffset = 0)
    {
        _buffer = buffer;
        _baseOffset = baseOffset;
    }

    /// <summary>Bytes of the buffer that lie behind. It can be set to any place within the buffer.</summary>
    public int Position
    {
        readonly get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)_buffer.Length, nameof(value));
            _position = value;
        }
    }

    /// <summary>Bytes of the buffer that lie ahead.</summary>
    public readonly int Remaining => _buffer.Length - _position;

    /// <summary>Where the next byte stands in the file or payload.</summary>
    public readonly long Offset => _baseOffset + _position;

    /// <summary>Reads one byte.</summary>
    public bool TryReadByte(out byte value)
    {
        if ((uint)_position >= (uint)_buffer.Length)
        {
            value = 0;
            return false;
        }

        value = _buffer[_position++];
        return true;
    }

    /// <summary>Takes the next bytes as they are.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <param name="bytes">Part of the buffer.</param>
    public bool TryReadBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        if (count > Remaining)
        {
            bytes = default;
            return false;
        }

        bytes = _buffer.Slice(_position, count);
        _position += count;
        return true;
    }

    /// <summary>Steps over bytes.</summary>
    public bool TrySkip(long count)
    {
        if (count > Remaining)
            return false;
        _position += (int)count;
        return true;
    }

    /// <summary>Reads four bytes, little endian.</summary>
    public bool TryReadUInt32(out uint value)
    {
        value = 0;
        if (!TryReadBytes(sizeof(uint), out var bytes))
            return false;
        value = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return true;
    }

    /// <summary>Reads eight bytes, little endian. Times in Unix milliseconds are written so.</summary>
    public bool TryReadInt64(out long value)
    {
        value = 0;
        if (!TryReadBytes(sizeof(long), out var bytes))
            return false;
        value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return true;
    }

    /// <summary>Reads eight bytes, little endian.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        var read = TryReadInt64(out var signed);
        value = (ulong)signed;
        return read;
    }

    /// <summary>Reads an IEEE 754 double, little endian.</summary>
    public bool TryReadDouble(out double value)
    {
        var read = TryReadInt64(out var bits);
        value = BitConverter.Int64BitsToDouble(bits);
        return read;
    }

    /// <summary>Reads a length, a count, or any other unsigned number: 6, 14, 32 or 64 bits.</summary>
    /// <exception cref="RdbFormatException">A string's encoding stands there instead.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadLength(out ulong length)
    {
        var position = _position;
        if ((uint)position < (uint)_buffer.Length && _buffer[position] < 0x40)
        {
            length = _buffer[position];
            _position = position + 1;
            return true;
        }

        return TryReadLongLength(out length);
    }

    /// <summary>Reads what a string begins with: a length, or the encoding of what follows instead.</summary>
    /// <param name="length">The length where <paramref name="encoding"/> is plain, else 0.</param>
    /// <param name="encoding">How the string is written.</param>
    /// <exception cref="RdbFormatException">The first byte is of no known form.</exception>
    public bool TryReadLength(out ulong length, out RdbStringEncoding encoding)
    {
        length = 0;
        encoding = RdbStringEncoding.Plain;
        if (_position >= _buffer.Length)
            return false;

        var first = _buffer[_position];
        switch (first >> 6)
        {
            case 0:
                length = first;
                _position++;
                return true;

            case 1:
                if (Remaining < 2)
                    return false;
                length = (uint)((first & 0x3F) << 8) | _buffer[_position + 1];
                _position += 2;
                return true;

            case 2 when first == 0x80:
                if (Remaining < 5)
                    return false;
                length = BinaryPrimitives.ReadUInt32BigEndian(_buffer[(_position + 1)..]);
                _position += 5;
                return true;

            case 2 when first == 0x81:
                if (Remaining < 9)
                    return false;
                length = BinaryPrimitives.ReadUInt64BigEndian(_buffer[(_position + 1)..]);
                _position += 9;
                return true;

            case 3 when first <= 0xC3:
                encoding = (RdbStringEncoding)((first & 0x3F) + (int)RdbStringEncoding.Int8);
                _position++;
                return true;

            default:
                RdbThrow.UnknownLengthForm(first, Offset);
                return false;
        }
    }

    private bool TryReadLongLength(out ulong length)
    {
        var offset = Offset;
        if (!TryReadLength(out length, out var encoding))
            return false;
        if (encoding != RdbStringEncoding.Plain)
            RdbThrow.LengthExpected(encoding, offset);
        return true;
    }
}
