using BenchmarkDotNet.Attributes;
using Godwit.Benchmarks.Samples;
using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks;

/// <summary>
/// One value of a hundred elements in each encoding, stepped over and decoded. Most are compressed, as servers write them.
/// </summary>
public class ValueBenchmarks
{
    private readonly ValueDecoder _decoder = new();
    private readonly CountingSink _sink = new();

    public static IEnumerable<SampleValue> Values => SampleValue.All;

    [ParamsSource(nameof(Values))]
    public SampleValue Value { get; set; } = null!;

    [GlobalCleanup]
    public void Dispose() => _decoder.Dispose();

    [Benchmark(Baseline = true)]
    public bool Skip()
    {
        var cursor = new RdbCursor(Value.Bytes);
        return ValueSkipper.TrySkip(ref cursor, Value.Type, Value.Version);
    }

    [Benchmark]
    public long Decode()
    {
        _decoder.Decode(Value.Type, Value.Version, Value.Bytes, _sink);
        return _sink.Count;
    }
}
