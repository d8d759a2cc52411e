using Godwit.Live.Spooling;

namespace Godwit.Tests.Live.Spooling;

/// <summary>A segment file in memory that fails when it is told to.</summary>
internal sealed class FaultyFile(Func<bool> fails) : ISegmentFile
{
    private readonly MemoryStream _bytes = new();

    /// <summary>What is in it, for a test to change.</summary>
    public MemoryStream Bytes => _bytes;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long position, CancellationToken cancellationToken)
    {
        // A full disk takes a part of it first.
        var isBroken = fails();
        _bytes.Position = position;
        _bytes.Write(bytes.Span[..(isBroken ? bytes.Length / 2 : bytes.Length)]);
        if (isBroken)
            throw new IOException("No space left on device");
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long position, CancellationToken cancellationToken)
    {
        _bytes.Position = position;
        return ValueTask.FromResult(_bytes.Read(buffer.Span[..Math.Min(buffer.Length, 3)]));
    }

    public void Dispose() => _bytes.Dispose();
}
