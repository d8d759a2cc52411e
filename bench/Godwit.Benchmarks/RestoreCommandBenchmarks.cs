using System.Buffers;
using BenchmarkDotNet.Attributes;
using Godwit.Batches;
using Godwit.Protocol.Rdb;
using Godwit.Targets.Redis;

namespace Godwit.Benchmarks;

/// <summary>
/// A thousand keys as RESTORE commands: from a file, where the payload has to be signed, and from DUMP, where it is signed
/// already. Copying the finished commands is the least that anybody could do.
/// </summary>
public class RestoreCommandBenchmarks
{
    private const int Keys = 1000;
    private const int KeyLength = 20;
    private const int Version = 10;

    private readonly ArrayBufferWriter<byte> _output = new();
    private EntryBatch _unsigned = null!;
    private EntryBatch _signed = null!;
    private byte[] _commands = [];

    [Params(10, 100, 1000, 10_000)]
    public int ValueLength { get; set; }

    [GlobalSetup]
    public void Create()
    {
        _unsigned = CreateBatch(isSigned: false);
        _signed = CreateBatch(isSigned: true);
        Sign();
        _commands = _output.WrittenSpan.ToArray();
        PassOn();
        if (!_output.WrittenSpan.SequenceEqual(_commands))
            throw new InvalidOperationException("The two ways give different commands.");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _unsigned.Dispose();
        _signed.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Keys)]
    public int Copy()
    {
        _output.ResetWrittenCount();
        _output.Write(_commands);
        return _output.WrittenCount;
    }

    [Benchmark(OperationsPerInvoke = Keys)]
    public int Sign() => Write(_unsigned);

    [Benchmark(OperationsPerInvoke = Keys)]
    public int PassOn() => Write(_signed);

    private int Write(EntryBatch batch)
    {
        _output.ResetWrittenCount();
        foreach (ref readonly var entry in batch.Entries)
            RestoreCommand.Write(_output, batch, entry, Version, replace: false);
        return _output.WrittenCount;
    }

    private EntryBatch CreateBatch(bool isSigned)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Keys * (KeyLength + ValueLength + DumpPayload.FooterLength));
        var batch = new EntryBatch(buffer, new BufferBudget(long.MaxValue))
        {
            Version = new RdbVersion(RdbFamily.Redis, Version),
        };
        var position = 0;
        for (var i = 0; i < Keys; i++)
        {
            var key = buffer.AsSpan(position, KeyLength);
            key.Fill((byte)i);
            var entry = new Entry
            {
                Type = RdbType.String,
                Signed = isSigned,
                KeyStart = position,
                KeyLength = KeyLength,
                ValueStart = position + KeyLength,
                ValueLength = ValueLength,
            };
            var value = buffer.AsSpan(entry.ValueStart, ValueLength);
            value.Fill((byte)(i * 7));
            DumpPayload.WriteFooter(
                buffer.AsSpan(entry.ValueStart + ValueLength),
                Version,
                DumpPayload.Sign(entry.Type, value, Version)
            );
            batch.Add(entry);
            position = entry.ValueStart + ValueLength + DumpPayload.FooterLength;
        }

        return batch;
    }
}
