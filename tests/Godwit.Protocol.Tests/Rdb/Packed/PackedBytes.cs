using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Godwit.Protocol.Tests.Rdb.Packed;

/// <summary>Builds packed values, from elements in an encoding of the caller's choice.</summary>
internal static class PackedBytes
{
    /// <summary>A listpack's element: a string, or an integer in the shortest encoding.</summary>
    public static byte[] Element(object element) =>
        element switch
        {
            int or long => Integer(Convert.ToInt64(element, CultureInfo.InvariantCulture)),
            byte[] bytes => Text(bytes),
            _ => Text(Encoding.Latin1.GetBytes((string)element)),
        };

    public static byte[] Listpack(params object[] elements) => ListpackOf([.. elements.Select(Element)]);

    /// <summary>A listpack of encoded elements, each of which gets its closing length here.</summary>
    public static byte[] ListpackOf(params byte[][] elements)
    {
        var body = elements.SelectMany(element => element.Concat(BackLength(element.Length))).ToArray();
        var blob = new byte[6 + body.Length + 1];
        BinaryPrimitives.WriteUInt32LittleEndian(blob, (uint)blob.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(blob.AsSpan(4), (ushort)Math.Min(elements.Length, ushort.MaxValue));
        body.CopyTo(blob, 6);
        blob[^1] = 0xFF;
        return blob;
    }

    /// <summary>A ziplist of encoded elements, each of which gets the length of the one before it here.</summary>
    public static byte[] ZiplistOf(params byte[][] elements)
    {
        var body = new List<byte>();
        var last = 0;
        var previous = 0;
        foreach (var element in elements)
        {
            last = body.Count;
            if (previous < 254)
                body.Add((byte)previous);
            else
                body.AddRange([0xFE, (byte)previous, (byte)(previous >> 8), (byte)(previous >> 16), 0]);
            body.AddRange(element);
            previous = body.Count - last;
        }

        var blob = new byte[10 + body.Count + 1];
        BinaryPrimitives.WriteUInt32LittleEndian(blob, (uint)blob.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(4), (uint)(10 + last));
        BinaryPrimitives.WriteUInt16LittleEndian(blob.AsSpan(8), (ushort)Math.Min(elements.Length, ushort.MaxValue));
        body.CopyTo(blob, 10);
        blob[^1] = 0xFF;
        return blob;
    }

    /// <summary>A ziplist of strings of fewer than 64 bytes.</summary>
    public static byte[] Ziplist(params string[] elements) =>
        ZiplistOf([.. elements.Select(e => (byte[])[(byte)e.Length, .. Encoding.Latin1.GetBytes(e)])]);

    public static byte[] Intset(int size, params long[] integers)
    {
        var blob = new byte[8 + (size * integers.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(blob, size);
        BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(4), integers.Length);
        Span<byte> wide = stackalloc byte[sizeof(long)];
        for (var i = 0; i < integers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(wide, integers[i]);
            wide[..size].CopyTo(blob.AsSpan(8 + (i * size)));
        }

        return blob;
    }

    private static byte[] Integer(long value)
    {
        Span<byte> wide = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(wide, value);
        return value switch
        {
            >= 0 and < 128 => [(byte)value],
            >= -4096 and < 4096 => [(byte)(0xC0 | ((value >> 8) & 0x1F)), (byte)value],
            >= short.MinValue and <= short.MaxValue => [0xF1, .. wide[..2]],
            >= -(1 << 23) and < 1 << 23 => [0xF2, .. wide[..3]],
            >= int.MinValue and <= int.MaxValue => [0xF3, .. wide[..4]],
            _ => [0xF4, .. wide],
        };
    }

    private static byte[] Text(byte[] value)
    {
        var length = value.Length;
        return length switch
        {
            < 64 => [(byte)(0x80 | length), .. value],
            < 4096 => [(byte)(0xE0 | (length >> 8)), (byte)length, .. value],
            _ => [0xF0, (byte)length, (byte)(length >> 8), (byte)(length >> 16), (byte)(length >> 24), .. value],
        };
    }

    private static byte[] BackLength(int length) =>
        length switch
        {
            <= 127 => [(byte)length],
            < 16_383 => [(byte)(length >> 7), (byte)(0x80 | (length & 0x7F))],
            _ => [(byte)(length >> 14), (byte)(0x80 | ((length >> 7) & 0x7F)), (byte)(0x80 | (length & 0x7F))],
        };
}
