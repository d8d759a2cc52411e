using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb.Packed;

/// <summary>Reads an intset: four bytes of element size (2, 4 or 8), four of count, then the integers, all little endian.</summary>
/// <remarks>Source: <c>src/intset.c</c>, intsetValidateIntegrity.</remarks>
internal ref struct IntsetReader : IPackedReader
{
    private const int HeaderSize = 8;

    private readonly ReadOnlySpan<byte> _blob;
    private readonly BlobPosition _origin;
    private readonly int _size;
    private int _position;

    public IntsetReader(ReadOnlySpan<byte> blob, BlobPosition origin)
    {
        _blob = blob;
        _origin = origin;
        _position = HeaderSize;
        if (blob.Length < HeaderSize)
            RdbThrow.Malformed("An intset ends within its header", origin.Offset);

        var size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(blob[4..]);
        if (size is not (sizeof(short) or sizeof(int) or sizeof(long)))
            RdbThrow.Malformed($"An intset's integers are of {size} bytes, where 2, 4 and 8 are known", origin.Offset);
        if (blob.Length - HeaderSize != (long)size * count)
            RdbThrow.Malformed("An intset's size is not the one in its header", origin.Offset);
        _size = (int)size;
    }

    public readonly long Offset => _origin.At(_position);

    public bool TryRead(out PackedElement element)
    {
        element = default;
        if (_position == _blob.Length)
            return false;

        var bytes = _blob.Slice(_position, _size);
        element = new PackedElement(
            _size switch
            {
                sizeof(short) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
                sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            }
        );
        _position += _size;
        return true;
    }
}
