using System.Buffers;
using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb;

/// <summary>Writes the format's primitives, in their plain forms: no integers in place of strings, no compression.</summary>
/// <remarks>Source: <c>src/rdb.c</c>, rdbSaveLen and rdbSaveRawString.</remarks>
/// <param name="output">Takes the bytes; the writer does not own it.</param>
public readonly ref struct RdbWriter(IBufferWriter<byte> output)
{
    private const int LongestLength = 9;

    private readonly IBufferWriter<byte> _output = output;

    /// <summary>Writes a length, a count, or any other unsigned number.</summary>
    public void WriteLength(ulong length)
    {
        var span = _output.GetSpan(LongestLength);
        switch (length)
        {
            case < 1 << 6:
                span[0] = (byte)length;
                _output.Advance(1);
                break;
            case < 1 << 14:
                BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)(length | 0x4000));
                _output.Advance(2);
                break;
            case <= uint.MaxValue:
                span[0] = 0x80;
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)length);
                _output.Advance(5);
                break;
            default:
                span[0] = 0x81;
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], length);
                _output.Advance(LongestLength);
                break;
        }
    }

    /// <summary>Writes a string.</summary>
    public void WriteString(ReadOnlySpan<byte> bytes)
    {
        WriteLength((ulong)bytes.Length);
        _output.Write(bytes);
    }

    /// <summary>Writes eight bytes, little endian.</summary>
    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_output.GetSpan(sizeof(long)), value);
        _output.Advance(sizeof(long));
    }

    /// <summary>Writes an IEEE 754 double, little endian.</summary>
    public void WriteDouble(double value) => WriteInt64(BitConverter.DoubleToInt64Bits(value));
}
