using System.Buffers.Binary;
using System.Text;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Builds what the format consists of, byte by byte, so that fixtures read like its description.</summary>
internal sealed class RdbBytes
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public static implicit operator byte[](RdbBytes bytes) => bytes.ToArray();

    public RdbBytes Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A length in its shortest form.</summary>
    public RdbBytes Length(ulong length)
    {
        Span<byte> wide = stackalloc byte[9];
        switch (length)
        {
            case < 1 << 6:
                return Raw((byte)length);
            case < 1 << 14:
                return Raw((byte)(0x40 | (length >> 8)), (byte)length);
            case <= uint.MaxValue:
                wide[0] = 0x80;
                BinaryPrimitives.WriteUInt32BigEndian(wide[1..], (uint)length);
                return Raw(wide[..5]);
            default:
                wide[0] = 0x81;
                BinaryPrimitives.WriteUInt64BigEndian(wide[1..], length);
                return Raw(wide);
        }
    }

    public RdbBytes String(ReadOnlySpan<byte> value) => Length((ulong)value.Length).Raw(value);

    public RdbBytes String(string value) => String(Encoding.Latin1.GetBytes(value));

    public RdbBytes Strings(params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
            String(value);
        return this;
    }

    /// <summary>A string as LZF, written as literals and, for the rest, one copy of the byte before.</summary>
    public RdbBytes RunLzf(byte value, int count) =>
        Raw(0xC3).Length(5).Length((ulong)count).Raw(0x00, value, 0xE0, (byte)(count - 1 - 9), 0x00);

    public RdbBytes Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public RdbBytes Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    public RdbBytes StreamId(ulong milliseconds, ulong sequence)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, milliseconds);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], sequence);
        return Raw(bytes);
    }
}
