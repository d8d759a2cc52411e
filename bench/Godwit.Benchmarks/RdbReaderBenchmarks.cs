using BenchmarkDotNet.Attributes;
using Godwit.Benchmarks.Samples;
using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks;

/// <summary>A file of ten thousand keys in memory. The checksum alone is the work that no reader can leave out.</summary>
public class RdbReaderBenchmarks
{
    private const int Keys = 10_000;

    public enum Content
    {
        Strings,
        Collections,
    }

    private byte[] _file = [];

    [ParamsAllValues]
    public Content Of { get; set; }

    [GlobalSetup]
    public void Create() =>
        _file =
            Of == Content.Strings
                ? SampleFile.Create(Keys, SampleValue.Find("string-100"))
                : SampleFile.Create(
                    Keys,
                    SampleValue.Find("hash-listpack"),
                    SampleValue.Find("zset"),
                    SampleValue.Find("list-listpacks"),
                    SampleValue.Find("set"),
                    SampleValue.Find("stream-2")
                );

    [Benchmark(Baseline = true, OperationsPerInvoke = Keys)]
    public ulong Checksum() => Crc64.Append(0, _file);

    [Benchmark(OperationsPerInvoke = Keys)]
    public int Read()
    {
        using var reader = new RdbReader();
        var position = 0;
        var bytes = 0;
        while (!reader.Ended && reader.TryRead(_file, ref position, out var item))
        {
            if (item.Kind == RdbItemKind.Entry)
                bytes += item.Value(_file).Length;
        }

        return bytes;
    }
}
