using System.Net.Sockets;
using System.Security.Authentication;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>
/// The bytes' way to one server: a socket, with TLS where it is asked for, and a watch over its silence. Whatever breaks it is
/// a <see cref="ConnectionException"/>. One task may read while another writes.
/// </summary>
internal sealed class Transport : IAsyncDisposable
{
    // A long write goes in pieces, so that a slow line shows that it goes on.
    private const int WritePiece = 1024 * 1024;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly RedisEndpoint _endpoint;
    private SilenceWatch? _watch;

    /// <summary>Takes over both; <paramref name="stream"/> runs over <paramref name="socket"/>.</summary>
    public Transport(Socket socket, Stream stream, RedisEndpoint endpoint)
    {
        _socket = socket;
        _stream = stream;
        _endpoint = endpoint;
    }

    /// <summary>From now on a silence of <paramref name="limit"/> while something is due ends the connection. Once.</summary>
    public void WatchSilence(TimeSpan limit, TimeProvider timeProvider) =>
        _watch = new SilenceWatch(timeProvider, limit, Abort);

    /// <summary>Reads at least one byte; 0 if the server has closed the connection.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var read = _stream.ReadAsync(buffer, cancellationToken);
            if (read.IsCompletedSuccessfully)
            {
                _watch?.ReadFound();
                return read.Result;
            }

            _watch?.ReadWaits();
            try
            {
                return await read.ConfigureAwait(false);
            }
            finally
            {
                _watch?.ReadEnds();
            }
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Translate(e);
        }
    }

    /// <summary>Writes all of the bytes.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var piece = bytes[..Math.Min(bytes.Length, WritePiece)];
                bytes = bytes[piece.Length..];
                var write = _stream.WriteAsync(piece, cancellationToken);
                if (write.IsCompletedSuccessfully)
                {
                    // A value task is to be asked for its result even if that is nothing.
                    write.GetAwaiter().GetResult();
                    continue;
                }

                _watch?.WriteWaits();
                try
                {
                    await write.ConfigureAwait(false);
                }
                finally
                {
                    _watch?.WriteEnds();
                }
            }
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Translate(e);
        }
    }

    /// <summary>Cuts the connection at once; what waits on it fails. May be called from any thread, and again.</summary>
    public void Abort() => _socket.Dispose();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch?.Dispose();

        // Without the socket a TLS stream has nobody to say goodbye to, and cannot wait for one who does not listen.
        _socket.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsBroken(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or AuthenticationException;

    private ConnectionException Translate(Exception cause) =>
        _watch is { Expired: true }
            ? ConnectionFailure.Silent(_endpoint, _watch.Limit, cause)
            : ConnectionFailure.Lost(_endpoint, cause);
}
