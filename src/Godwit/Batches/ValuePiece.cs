using System.Buffers;

namespace Godwit.Batches;

/// <summary>A piece of a <see cref="LargeValue"/> in a pooled buffer. Whoever holds it disposes it.</summary>
/// <param name="buffer">From the shared array pool; owned.</param>
/// <param name="start">Where the piece begins in it.</param>
/// <param name="length">Bytes of the piece.</param>
internal sealed class ValuePiece(byte[] buffer, int start, int length) : IDisposable
{
    private byte[]? _buffer = buffer;

    /// <summary>The piece. It lives until this is disposed.</summary>
    public ReadOnlyMemory<byte> Bytes =>
        (_buffer ?? throw new ObjectDisposedException(nameof(ValuePiece))).AsMemory(start, length);

    /// <summary>A piece with bytes of its own.</summary>
    public static ValuePiece CopyOf(ReadOnlySpan<byte> bytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        return new ValuePiece(buffer, 0, bytes.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer is { } owned)
            ArrayPool<byte>.Shared.Return(owned);
        _buffer = null;
    }
}
