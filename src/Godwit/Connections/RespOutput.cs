using System.Buffers;

namespace Godwit.Connections;

/// <summary>
/// The write side of a connection: commands gather in one buffer until they are flushed. For one task at a time; another may
/// use <see cref="RespInput"/> meanwhile. After an exception the connection is of no more use.
/// </summary>
internal sealed class RespOutput : IBufferWriter<byte>, IDisposable
{
    private readonly Transport _transport;
    private readonly int _initialLength;
    private byte[] _buffer;
    private int _count;
    private long _bytesWritten;
    private long _bytesBegun;
    private bool _writing;

    public RespOutput(Transport transport, int initialLength)
    {
        _transport = transport;
        _initialLength = initialLength;
        _buffer = PooledBuffer.Rent(initialLength);
    }

    /// <summary>Bytes that wait for a flush.</summary>
    public int Buffered => _count;

    /// <summary>Bytes that were sent so far. May be read from any thread.</summary>
    public long BytesWritten => Volatile.Read(ref _bytesWritten);

    /// <summary>Bytes that were sent, or of which some may have been.</summary>
    public long BytesBegun => _bytesBegun;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _count);
        _count += count;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        // At least one byte, as the interface wants it.
        if (_buffer.Length - _count <= sizeHint)
            Grow(sizeHint);
        return _buffer.AsSpan(_count);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length - _count <= sizeHint)
            Grow(sizeHint);
        return _buffer.AsMemory(_count);
    }

    /// <summary>Sends all that is buffered.</summary>
    /// <exception cref="ConnectionException">The connection was lost, or took nothing for too long.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken) =>
        _count == 0 ? ValueTask.CompletedTask : SendBufferedAsync(cancellationToken);

    /// <summary>
    /// Sends what is buffered and then <paramref name="bytes"/>, which are not copied: the body of a long value, after
    /// <see cref="Protocol.Resp.RespWriter.WriteBulkHeader"/>.
    /// </summary>
    /// <exception cref="ConnectionException">The connection was lost, or took nothing for too long.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        _bytesBegun += bytes.Length;
        await _transport.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        Sent(bytes.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // While a write is under way the system may still read from the buffer: then it goes to the collector, not to the pool.
        if (!Volatile.Read(ref _writing))
            PooledBuffer.Return(_buffer);
        _buffer = [];
        _count = 0;
    }

    private async ValueTask SendBufferedAsync(CancellationToken cancellationToken)
    {
        var count = _count;
        Volatile.Write(ref _writing, true);
        _bytesBegun += count;
        await _transport.WriteAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _writing, false);
        Sent(count);
        _count = 0;
        // A buffer that one long value has blown up is given back after it.
        if (_buffer.Length > Math.Max(PooledBuffer.MaxPooled, _initialLength))
            Replace(_initialLength);
    }

    private void Sent(int count) => Volatile.Write(ref _bytesWritten, _bytesWritten + count);

    private void Grow(int sizeHint)
    {
        ObjectDisposedException.ThrowIf(_buffer.Length == 0, this);
        var wanted = Math.Max((long)_count + Math.Max(sizeHint, 1) + 1, 2L * _buffer.Length);
        Replace((int)Math.Min(wanted, Array.MaxLength));
        if (_buffer.Length - _count < Math.Max(sizeHint, 1))
            throw new InvalidOperationException("More was written without a flush than one buffer can hold.");
    }

    private void Replace(int length)
    {
        var next = PooledBuffer.Rent(length);
        _buffer.AsSpan(0, _count).CopyTo(next);
        PooledBuffer.Return(_buffer);
        _buffer = next;
    }
}
