using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// The checksum of RDB files and DUMP payloads: CRC-64 with Jones' polynomial, bits in reflected order, starting from 0,
/// without a final inversion. "123456789" gives 0xE9C6D914C4B8D9CA.
/// </summary>
/// <remarks>Source: <c>src/crc64.c</c>. Folding follows from the polynomial; all its constants are computed here.</remarks>
public static class Crc64
{
    /// <summary>0xAD93D23594C935A9, the bits in reverse.</summary>
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;

    private const int BlockSize = 16;
    private const int Lanes = 4;

    /// <summary>From here on folding wins over the tables, by measurement.</summary>
    private const int FoldFrom = 32;

    /// <summary>Entry k*256+b is what byte b leaves behind after k further bytes of zero.</summary>
    private static readonly ulong[] Table = CreateTable();

    private static readonly Vector128<ulong> FoldOneBlock = FoldBy(BlockSize * 8);
    private static readonly Vector128<ulong> FoldAllLanes = FoldBy(BlockSize * 8 * Lanes);

    /// <summary>The checksum of some bytes after others.</summary>
    /// <param name="crc">The checksum of what came before; 0 at the beginning.</param>
    /// <param name="data">The bytes that follow.</param>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> data) =>
        Pclmulqdq.IsSupported && data.Length >= FoldFrom ? AppendFolding(crc, data) : AppendByTable(crc, data);

    /// <summary>Eight bytes a step, then what is left.</summary>
    internal static ulong AppendByTable(ulong crc, ReadOnlySpan<byte> data)
    {
        ref var table = ref MemoryMarshal.GetArrayDataReference(Table);
        while (data.Length >= sizeof(ulong))
        {
            crc = AppendWord(ref table, crc ^ BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        if (data.Length >= sizeof(uint))
        {
            var word = (uint)crc ^ BinaryPrimitives.ReadUInt32LittleEndian(data);
            crc =
                Unsafe.Add(ref table, (3 * 256) + (byte)word)
                ^ Unsafe.Add(ref table, (2 * 256) + (byte)(word >> 8))
                ^ Unsafe.Add(ref table, 256 + (byte)(word >> 16))
                ^ Unsafe.Add(ref table, (byte)(word >> 24))
                ^ (crc >> 32);
            data = data[sizeof(uint)..];
        }

        foreach (var value in data)
            crc = Unsafe.Add(ref table, (byte)(crc ^ value)) ^ (crc >> 8);
        return crc;
    }

    /// <summary>
    /// Sixteen bytes a lane: a block is multiplied by x to the power of its distance from a later one and added to that,
    /// which leaves the remainder as it is, until one block is left for the tables.
    /// </summary>
    internal static ulong AppendFolding(ulong crc, ReadOnlySpan<byte> data)
    {
        ref var source = ref MemoryMarshal.GetReference(data);
        nuint position = BlockSize;
        var end = (nuint)data.Length;
        var folded = Load(ref source, 0) ^ Vector128.CreateScalar(crc);

        if (end >= BlockSize * Lanes * 2)
        {
            var second = Load(ref source, BlockSize);
            var third = Load(ref source, BlockSize * 2);
            var fourth = Load(ref source, BlockSize * 3);
            position = BlockSize * Lanes;
            while (end - position >= BlockSize * Lanes)
            {
                folded = Fold(folded, FoldAllLanes) ^ Load(ref source, position);
                second = Fold(second, FoldAllLanes) ^ Load(ref source, position + BlockSize);
                third = Fold(third, FoldAllLanes) ^ Load(ref source, position + (BlockSize * 2));
                fourth = Fold(fourth, FoldAllLanes) ^ Load(ref source, position + (BlockSize * 3));
                position += BlockSize * Lanes;
            }

            folded = Fold(folded, FoldOneBlock) ^ second;
            folded = Fold(folded, FoldOneBlock) ^ third;
            folded = Fold(folded, FoldOneBlock) ^ fourth;
        }

        while (end - position >= BlockSize)
        {
            folded = Fold(folded, FoldOneBlock) ^ Load(ref source, position);
            position += BlockSize;
        }

        ref var table = ref MemoryMarshal.GetArrayDataReference(Table);
        crc = AppendWord(ref table, folded.ToScalar());
        crc = AppendWord(ref table, crc ^ folded.GetElement(1));
        return AppendByTable(crc, data[(int)position..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AppendWord(ref ulong table, ulong word) =>
        Unsafe.Add(ref table, (7 * 256) + (byte)word)
        ^ Unsafe.Add(ref table, (6 * 256) + (byte)(word >> 8))
        ^ Unsafe.Add(ref table, (5 * 256) + (byte)(word >> 16))
        ^ Unsafe.Add(ref table, (4 * 256) + (byte)(word >> 24))
        ^ Unsafe.Add(ref table, (3 * 256) + (byte)(word >> 32))
        ^ Unsafe.Add(ref table, (2 * 256) + (byte)(word >> 40))
        ^ Unsafe.Add(ref table, 256 + (byte)(word >> 48))
        ^ Unsafe.Add(ref table, (byte)(word >> 56));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte source, nuint offset) =>
        Vector128.LoadUnsafe(ref source, offset).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> block, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(block, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(block, by, 0x11);

    /// <summary>
    /// What a block's two halves are multiplied by to move it ahead. The first bytes are the higher power of x, by 64; and
    /// the product of two reflected numbers is one bit short, which takes one from either.
    /// </summary>
    private static Vector128<ulong> FoldBy(int bits) => Vector128.Create(PowerOfX(bits + 64 - 1), PowerOfX(bits - 1));

    private static ulong PowerOfX(int exponent)
    {
        // Reflected: the highest bit is x to the power of 0.
        var power = 1UL << 63;
        for (var i = 0; i < exponent; i++)
            power = TimesX(power);
        return power;
    }

    private static ulong TimesX(ulong value) => (value >> 1) ^ ((value & 1) * Polynomial);

    private static ulong[] CreateTable()
    {
        var table = new ulong[8 * 256];
        for (var value = 0; value < 256; value++)
        {
            var crc = (ulong)value;
            for (var bit = 0; bit < 8; bit++)
                crc = TimesX(crc);
            table[value] = crc;
        }

        for (var entry = 256; entry < table.Length; entry++)
        {
            var before = table[entry - 256];
            table[entry] = table[(byte)before] ^ (before >> 8);
        }

        return table;
    }
}
