using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb.Packed;

/// <summary>
/// Reads a ziplist: four bytes of total size, four of where the last element begins, two of count (65535: not known),
/// elements, 0xFF. Each element begins with the length of the one before, in one byte or in five.
/// </summary>
/// <remarks>Source: <c>src/ziplist.c</c>, the comment at its head and ziplistValidateIntegrity.</remarks>
internal ref struct ZiplistReader : IPackedReader
{
    private const int HeaderSize = 10;
    private const byte End = 0xFF;
    private const byte LongPrevious = 0xFE;
    private const int UnknownCount = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _blob;
    private readonly BlobPosition _origin;
    private readonly uint _tail;
    private readonly int _count;
    private int _position;
    private int _last;
    private int _read;

    public ZiplistReader(ReadOnlySpan<byte> blob, BlobPosition origin)
    {
        _blob = blob;
        _origin = origin;
        _position = HeaderSize;
        _last = HeaderSize;
        if (blob.Length < HeaderSize + 1 || BinaryPrimitives.ReadUInt32LittleEndian(blob) != (uint)blob.Length)
            RdbThrow.Malformed("A ziplist's size is not the one in its header", origin.Offset);
        _tail = BinaryPrimitives.ReadUInt32LittleEndian(blob[4..]);
        _count = BinaryPrimitives.ReadUInt16LittleEndian(blob[8..]);
    }

    public readonly long Offset => _origin.At(_position);

    public bool TryRead(out PackedElement element)
    {
        Need(1);
        if (_blob[_position] == End)
        {
            element = default;
            return Finish();
        }

        var start = _position;
        PassPreviousLength();
        Need(1);
        var first = _blob[_position];
        element = first < 0xC0 ? new PackedElement(ReadBytes(first)) : new PackedElement(ReadInteger(first));
        _last = start;
        _read++;
        return true;
    }

    private readonly bool Finish()
    {
        if (_position != _blob.Length - 1)
            RdbThrow.Malformed("A ziplist ends before its bytes do", Offset);
        if (_tail != (uint)_last)
            RdbThrow.Malformed("A ziplist's last element is not where its header says", _origin.Offset);
        if (_count != UnknownCount && _count != _read)
            RdbThrow.Malformed($"A ziplist has {_read} elements where its header says {_count}", _origin.Offset);
        return false;
    }

    private void PassPreviousLength()
    {
        var offset = Offset;
        var expected = (uint)(_position - _last);
        uint found = _blob[_position++];
        if (found == LongPrevious)
            found = BinaryPrimitives.ReadUInt32LittleEndian(Take(0, sizeof(uint)));
        if (found != expected)
            RdbThrow.Malformed("A ziplist's element gives a wrong length of the one before", offset);
    }

    private ReadOnlySpan<byte> ReadBytes(byte first)
    {
        switch (first >> 6)
        {
            case 0:
                return Take(1, first & 0x3F);
            case 1:
                Need(2);
                return Take(2, ((first & 0x3F) << 8) | _blob[_position + 1]);
            default:
                Need(5);
                var length = BinaryPrimitives.ReadUInt32BigEndian(_blob[(_position + 1)..]);
                Need(5L + length);
                return Take(5, (int)length);
        }
    }

    private long ReadInteger(byte first)
    {
        switch (first)
        {
            case 0xC0:
                return BinaryPrimitives.ReadInt16LittleEndian(Take(1, 2));
            case 0xD0:
                return BinaryPrimitives.ReadInt32LittleEndian(Take(1, 4));
            case 0xE0:
                return BinaryPrimitives.ReadInt64LittleEndian(Take(1, 8));
            case 0xF0:
                return ListpackReader.ReadInt24(Take(1, 3));
            case 0xFE:
                return (sbyte)Take(1, 1)[0];
            case >= 0xF1 and <= 0xFD:
                // 0 to 12, one up so that the byte is none of the others.
                _position++;
                return (first & 0x0F) - 1;
            default:
                RdbThrow.Malformed($"A ziplist's element begins with 0x{first:X2}, which no encoding does", Offset);
                return 0;
        }
    }

    private ReadOnlySpan<byte> Take(int header, int length)
    {
        Need((long)header + length);
        var bytes = _blob.Slice(_position + header, length);
        _position += header + length;
        return bytes;
    }

    private readonly void Need(long count)
    {
        if (count > _blob.Length - _position)
            RdbThrow.Malformed("A ziplist's element reaches beyond its end", Offset);
    }
}
