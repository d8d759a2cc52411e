using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb.Packed;

/// <summary>
/// Reads a zipmap: a byte of count (254 and up: not known), fields and values in turn, 0xFF. Each begins with its length, in
/// one byte or in five; between a value's length and its bytes a byte tells how many unused ones follow the value.
/// </summary>
/// <remarks>Source: <c>src/zipmap.c</c>, the comment at its head and zipmapValidateIntegrity.</remarks>
internal ref struct ZipmapReader : IPackedReader
{
    private const byte End = 0xFF;
    private const byte LongLength = 0xFE;

    private readonly ReadOnlySpan<byte> _blob;
    private readonly BlobPosition _origin;
    private int _position;
    private int _read;

    public ZipmapReader(ReadOnlySpan<byte> blob, BlobPosition origin)
    {
        _blob = blob;
        _origin = origin;
        _position = 1;
        if (blob.Length < 2)
            RdbThrow.Malformed("A zipmap ends within its header", origin.Offset);
    }

    public readonly long Offset => _origin.At(_position);

    public bool TryRead(out PackedElement element)
    {
        Need(1);
        var isValue = _read % 2 != 0;
        if (!isValue && _blob[_position] == End)
        {
            element = default;
            return Finish();
        }

        var length = ReadLength();
        var unused = 0;
        if (isValue)
        {
            Need(1);
            unused = _blob[_position++];
        }

        Need((long)length + unused);
        element = new PackedElement(_blob.Slice(_position, (int)length));
        _position += (int)length + unused;
        _read++;
        return true;
    }

    private readonly bool Finish()
    {
        if (_position != _blob.Length - 1)
            RdbThrow.Malformed("A zipmap ends before its bytes do", Offset);
        if (_blob[0] < LongLength && _blob[0] != _read / 2)
            RdbThrow.Malformed($"A zipmap has {_read / 2} fields where its header says {_blob[0]}", _origin.Offset);
        return false;
    }

    private uint ReadLength()
    {
        var first = _blob[_position++];
        if (first == End)
            RdbThrow.Malformed("A zipmap ends between a field and its value", Offset);
        if (first != LongLength)
            return first;
        Need(sizeof(uint));
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_blob[_position..]);
        _position += sizeof(uint);
        return length;
    }

    private readonly void Need(long count)
    {
        if (count > _blob.Length - _position)
            RdbThrow.Malformed("A zipmap's element reaches beyond its end", Offset);
    }
}
