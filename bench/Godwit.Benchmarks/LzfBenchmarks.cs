using BenchmarkDotNet.Attributes;
using Godwit.Benchmarks.Samples;
using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks;

/// <summary>Text as a server compresses it. Copying what comes out is the least that anybody could do.</summary>
public class LzfBenchmarks
{
    private byte[] _compressed = [];
    private byte[] _output = [];
    private byte[] _plain = [];

    public static IEnumerable<SampleValue> Values =>
        [SampleValue.Find("string-lzf"), SampleValue.Find("string-lzf-large")];

    [ParamsSource(nameof(Values))]
    public SampleValue Value { get; set; } = null!;

    [GlobalSetup]
    public void Decompress()
    {
        // The encoding's byte, both lengths, and then the compressed bytes.
        var cursor = new RdbCursor(Value.Bytes);
        if (
            !cursor.TryReadByte(out _)
            || !cursor.TryReadLength(out var compressed)
            || !cursor.TryReadLength(out var plain)
            || !cursor.TryReadBytes((int)compressed, out var bytes)
        )
        {
            throw new InvalidOperationException($"{Value} is not compressed.");
        }

        _compressed = bytes.ToArray();
        _output = new byte[plain];
        _plain = new byte[plain];
        if (!Lzf.TryDecompress(_compressed, _plain))
            throw new InvalidOperationException($"{Value} does not decompress.");
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _plain.AsSpan().CopyTo(_output);

    [Benchmark]
    public int Measure() => Lzf.MeasureDecompressed(_compressed);

    [Benchmark]
    public bool TryDecompress() => Lzf.TryDecompress(_compressed, _output);
}
