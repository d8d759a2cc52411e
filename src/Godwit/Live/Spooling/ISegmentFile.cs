namespace Godwit.Live.Spooling;

/// <summary>One file of a spool. Positions are bytes from its start.</summary>
internal interface ISegmentFile : IDisposable
{
    /// <summary>Writes all of the bytes.</summary>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long position, CancellationToken cancellationToken);

    /// <summary>Reads some bytes: at least one, or 0 at the file's end.</summary>
    /// <exception cref="IOException">The disk is broken.</exception>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long position, CancellationToken cancellationToken);
}
