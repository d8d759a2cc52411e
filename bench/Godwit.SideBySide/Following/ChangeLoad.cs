using System.Buffers;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Following;

/// <summary>Commands that are written to a source while it is followed, over and over again. They are encoded beforehand.</summary>
internal abstract class ChangeLoad
{
    /// <summary>Commands of a chunk: at the lowest rates that are of interest, a chunk every few milliseconds.</summary>
    public const int ChunkCommands = 200;

    private const int Chunks = 500;

    private IReadOnlyList<ReadOnlyMemory<byte>>? _encoded;

    /// <summary>What the results call it.</summary>
    public abstract string Name { get; }

    /// <summary>What is in it, for the results.</summary>
    public abstract string Description { get; }

    /// <summary>The least part of a native replica's rate that Godwit is to follow.</summary>
    public abstract double Goal { get; }

    /// <summary>Chunks of <see cref="ChunkCommands"/> commands, each with one reply. No transaction reaches over two of them.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Encoded => _encoded ??= [.. Enumerable.Range(0, Chunks).Select(Encode)];

    /// <summary>Writes some commands.</summary>
    /// <param name="writer">Takes them.</param>
    /// <param name="room">How many there may be at most, 1 and up.</param>
    /// <returns>How many there were.</returns>
    protected abstract int Write(RespWriter writer, int room);

    private ReadOnlyMemory<byte> Encode(int chunk)
    {
        var output = new ArrayBufferWriter<byte>();
        for (var count = 0; count < ChunkCommands; )
            count += Write(new RespWriter(output), ChunkCommands - count);
        return output.WrittenMemory.ToArray();
    }
}
