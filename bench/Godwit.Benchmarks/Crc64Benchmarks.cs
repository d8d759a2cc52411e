using BenchmarkDotNet.Attributes;
using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks;

/// <summary>The checksum as it is done by hand, a byte a step, by tables, and as the program does it.</summary>
public class Crc64Benchmarks
{
    // Jones' polynomial, the bits in reverse.
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;

    private static readonly ulong[] Table = CreateTable();

    private byte[] _data = [];

    [Params(16, 100, 1024, 1024 * 1024)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _data = new byte[Bytes];
        for (var i = 0; i < _data.Length; i++)
            _data[i] = (byte)(i * 31);
        if (Bytewise() != Crc64.Append(0, _data))
            throw new InvalidOperationException("The checksums differ.");
    }

    [Benchmark(Baseline = true)]
    public ulong Bytewise()
    {
        var crc = 0UL;
        foreach (var value in _data)
            crc = Table[(byte)crc ^ value] ^ (crc >> 8);
        return crc;
    }

    [Benchmark]
    public ulong EightBytesByTable() => Crc64.AppendByTable(0, _data);

    [Benchmark]
    public ulong Append() => Crc64.Append(0, _data);

    private static ulong[] CreateTable()
    {
        var table = new ulong[256];
        for (var value = 0; value < table.Length; value++)
        {
            var crc = (ulong)value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            table[value] = crc;
        }

        return table;
    }
}
