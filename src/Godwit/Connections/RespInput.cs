using System.Globalization;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>
/// The read side of a connection: what has come lies in one piece in a buffer until it is advanced over. For one task at a
/// time; another may use <see cref="RespOutput"/> meanwhile. After an exception the connection is of no more use.
/// </summary>
internal sealed class RespInput : IDisposable
{
    private readonly Transport _transport;
    private readonly RedisEndpoint _endpoint;
    private readonly ConnectionOptions _options;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _bytesRead;
    private bool _reading;

    public RespInput(Transport transport, RedisEndpoint endpoint, ConnectionOptions options)
    {
        _transport = transport;
        _endpoint = endpoint;
        _options = options;
        _buffer = PooledBuffer.Rent(options.ReceiveBufferSize);
    }

    /// <summary>What has come and was not advanced over. Valid until the next call that fills, reads or advances.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The same as <see cref="Buffered"/>, for code that awaits; no longer valid.</summary>
    public ReadOnlyMemory<byte> BufferedMemory => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Bytes that came so far, those buffered among them. May be read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>A reader over what is buffered, with this connection's limits; its <c>Consumed</c> goes to <see cref="Advance"/>.</summary>
    public RespReader Reader() => new(Buffered, _options.Limits, BytesRead - (_end - _start));

    /// <summary>Gives the first <paramref name="count"/> buffered bytes back.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _end - _start);
        _start += count;
    }

    /// <summary>
    /// Waits for at least one more byte behind those buffered. That makes a reply due: call it only while one is, or while
    /// the other side is to say something within <see cref="ConnectionOptions.ReplyTimeout"/>.
    /// </summary>
    /// <returns>False if the server has closed the connection.</returns>
    /// <exception cref="ConnectionException">The connection was lost, or silent for too long.</exception>
    /// <exception cref="ProtocolException">What is buffered has reached <see cref="ConnectionOptions.MaxReceiveBuffer"/>.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var read = await ReceiveAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    /// <summary>As <see cref="FillAsync"/>, where a reply is due: that the server has closed the connection is an exception.</summary>
    /// <exception cref="ConnectionException">The connection was closed or lost, or silent for too long.</exception>
    /// <exception cref="ProtocolException">What is buffered has reached <see cref="ConnectionOptions.MaxReceiveBuffer"/>.</exception>
    public async ValueTask FillOrThrowAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            throw ConnectionFailure.Closed(_endpoint);
    }

    /// <summary>Reads one whole reply and copies it off the buffer. An error is a value here.</summary>
    /// <exception cref="ConnectionException">The connection was closed or lost, or silent for too long.</exception>
    /// <exception cref="ProtocolException">What came is no reply, or a greater one than the limits allow.</exception>
    public async ValueTask<RespValue> ReadValueAsync(CancellationToken cancellationToken)
    {
        var measure = new ReplyMeasure();
        while (true)
        {
            var offset = BytesRead - (_end - _start);
            if (measure.TryMeasure(Buffered, out var length, _options.Limits, offset))
            {
                var value = RespValue.Parse(Buffered[..length], _options.Limits, offset);
                Advance(length);
                return value;
            }

            await FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads raw bytes, first those buffered, then straight into <paramref name="destination"/>: for a snapshot or the body
    /// of a long value, whose length is known or does not matter.
    /// </summary>
    /// <returns>How many, at least 1; 0 if the server has closed the connection.</returns>
    /// <exception cref="ConnectionException">The connection was lost, or silent for too long.</exception>
    public ValueTask<int> ReadRawAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (_start == _end)
            return ReceiveAsync(destination, cancellationToken);

        var count = Math.Min(destination.Length, _end - _start);
        Buffered[..count].CopyTo(destination.Span);
        _start += count;
        return ValueTask.FromResult(count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // While a read is under way the system may still write to the buffer: then it goes to the collector, not to the pool.
        if (!Volatile.Read(ref _reading))
            PooledBuffer.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _reading, true);
        var read = await _transport.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _reading, false);
        Volatile.Write(ref _bytesRead, _bytesRead + read);
        return read;
    }

    private void MakeRoom()
    {
        ObjectDisposedException.ThrowIf(_buffer.Length == 0, this);
        var count = _end - _start;
        if (count == 0)
        {
            _start = _end = 0;
            // A buffer that one long value has blown up is given back after it.
            if (_buffer.Length > Math.Max(PooledBuffer.MaxPooled, _options.ReceiveBufferSize))
                Replace(_options.ReceiveBufferSize);
            return;
        }

        if (_buffer.Length - _end >= _buffer.Length / 4)
            return;

        // Moved only where more was given back than is moved: so a byte is moved once on average at most.
        if (_start >= count)
        {
            Buffered.CopyTo(_buffer);
            (_start, _end) = (0, count);
            return;
        }

        if (_end < _buffer.Length)
            return;

        if (_buffer.Length >= _options.MaxReceiveBuffer)
            ThrowTooLong();
        Replace((int)Math.Min(2L * _buffer.Length, Math.Min(_options.MaxReceiveBuffer, Array.MaxLength)));
    }

    private void Replace(int length)
    {
        var next = PooledBuffer.Rent(length);
        var count = _end - _start;
        Buffered.CopyTo(next);
        PooledBuffer.Return(_buffer);
        _buffer = next;
        (_start, _end) = (0, count);
    }

    private void ThrowTooLong() =>
        throw new ProtocolException(
            BytesRead - (_end - _start),
            string.Create(CultureInfo.InvariantCulture, $"a reply of at most {_options.MaxReceiveBuffer} bytes"),
            "a longer one"
        );
}
