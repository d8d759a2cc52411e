using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb.Packed;

/// <summary>
/// Reads a listpack: four bytes of total size, two of count (65535: not known), elements, 0xFF. Each element is followed by
/// its own length in one to five groups of seven bits, highest group first, all but the first with their high bit set.
/// </summary>
/// <remarks>Source: <c>src/listpack.c</c>, lpValidateNext, lpGetWithSize and lpEncodeBacklen.</remarks>
internal ref struct ListpackReader : IPackedReader
{
    private const int HeaderSize = 6;
    private const byte End = 0xFF;
    private const int UnknownCount = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _blob;
    private readonly BlobPosition _origin;
    private readonly int _count;
    private int _position;
    private int _read;

    public ListpackReader(ReadOnlySpan<byte> blob, BlobPosition origin)
    {
        _blob = blob;
        _origin = origin;
        _position = HeaderSize;
        if (blob.Length < HeaderSize + 1 || BinaryPrimitives.ReadUInt32LittleEndian(blob) != (uint)blob.Length)
            RdbThrow.Malformed("A listpack's size is not the one in its header", origin.Offset);
        _count = BinaryPrimitives.ReadUInt16LittleEndian(blob[4..]);
    }

    public readonly long Offset => _origin.At(_position);

    public bool TryRead(out PackedElement element)
    {
        if ((uint)_position >= (uint)_blob.Length)
            RdbThrow.Malformed("A listpack does not end where its bytes do", Offset);

        var first = _blob[_position];
        if (first == End)
        {
            element = default;
            return Finish();
        }

        var start = _position;
        if (first < 0x80)
        {
            element = new PackedElement(first);
            _position++;
        }
        else if (first < 0xC0)
        {
            element = new PackedElement(Take(1, first & 0x3F));
        }
        else
        {
            element = ReadWide(first);
        }

        PassBackLength(_position - start);
        _read++;
        return true;
    }

    private readonly bool Finish()
    {
        if (_position != _blob.Length - 1)
            RdbThrow.Malformed("A listpack ends before its bytes do", Offset);
        if (_count != UnknownCount && _count != _read)
            RdbThrow.Malformed($"A listpack has {_read} elements where its header says {_count}", _origin.Offset);
        return false;
    }

    private PackedElement ReadWide(byte first)
    {
        switch (first)
        {
            case < 0xE0:
                // 13 bits, signed: shifted up to the sign of a 16-bit number and back down.
                var low = Take(1, 1)[0];
                return new PackedElement((short)(((first << 8) | low) << 3) >> 3);
            case < 0xF0:
                Need(2);
                return new PackedElement(Take(2, ((first & 0x0F) << 8) | _blob[_position + 1]));
            case 0xF0:
                Need(5);
                var length = BinaryPrimitives.ReadUInt32LittleEndian(_blob[(_position + 1)..]);
                Need(5L + length);
                return new PackedElement(Take(5, (int)length));
            case 0xF1:
                return new PackedElement(BinaryPrimitives.ReadInt16LittleEndian(Take(1, 2)));
            case 0xF2:
                return new PackedElement(ReadInt24(Take(1, 3)));
            case 0xF3:
                return new PackedElement(BinaryPrimitives.ReadInt32LittleEndian(Take(1, 4)));
            case 0xF4:
                return new PackedElement(BinaryPrimitives.ReadInt64LittleEndian(Take(1, 8)));
            default:
                RdbThrow.Malformed($"A listpack's element begins with 0x{first:X2}, which no encoding does", Offset);
                return default;
        }
    }

    /// <summary>Takes bytes that follow a header, and stands behind them.</summary>
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
            RdbThrow.Malformed("A listpack's element reaches beyond its end", Offset);
    }

    private void PassBackLength(int length)
    {
        // The limits are the writer's own, which are one below what the bits could hold.
        var groups = length switch
        {
            <= 127 => 1,
            < 16_383 => 2,
            < 2_097_151 => 3,
            < 268_435_455 => 4,
            _ => 5,
        };
        Need(groups);
        var found = 0L;
        for (var i = 0; i < groups; i++)
        {
            var group = _blob[_position + i];
            if (group >= 0x80 != i > 0)
                found = -1;
            else if (found >= 0)
                found = (found << 7) | (uint)(group & 0x7F);
        }

        if (found != length)
            RdbThrow.Malformed("The length behind a listpack's element is not the element's", Offset);
        _position += groups;
    }

    internal static int ReadInt24(ReadOnlySpan<byte> bytes) =>
        (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16)) << 8 >> 8;
}
