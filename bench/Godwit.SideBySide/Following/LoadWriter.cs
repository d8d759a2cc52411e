using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Godwit.Protocol.Resp;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Following;

/// <summary>Writes a load to a server, at a steady rate or as fast as the server takes it. No reply may be an error.</summary>
internal sealed class LoadWriter : IDisposable
{
    // The rate is kept to by the millisecond: what a timer gives.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly Socket _socket = ServerConnection.NewSocket();
    private readonly byte[] _replies = new byte[256 * 1024];
    private readonly ChangeLoad _load;
    private int _chunk;
    private int _unread;

    private LoadWriter(ChangeLoad load) => _load = load;

    public static async Task<LoadWriter> ConnectAsync(ChangeLoad load, int port, CancellationToken cancellationToken)
    {
        var writer = new LoadWriter(load);
        await writer._socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return writer;
    }

    /// <summary>Writes for some time, and reads all replies.</summary>
    /// <param name="rate">Commands a second; null for as many as are taken.</param>
    /// <param name="time">For how long.</param>
    /// <param name="stop">Asked now and then whether to end before that.</param>
    /// <param name="cancellationToken">Ends it with an error.</param>
    /// <returns>Commands that were answered, a second.</returns>
    public async Task<double> WriteAsync(
        double? rate,
        TimeSpan time,
        Func<bool> stop,
        CancellationToken cancellationToken
    )
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sent = 0L;
        var answered = 0L;
        var isSent = false;
        using var wake = new SemaphoreSlim(0);
        var begun = Stopwatch.StartNew();
        var reading = ReadAsync();
        try
        {
            while (begun.Elapsed < time && !stop())
            {
                var chunk = _load.Encoded[_chunk];
                if (rate is { } limit && sent + ChangeLoad.ChunkCommands > limit * begun.Elapsed.TotalSeconds)
                {
                    await Task.Delay(Pause, failed.Token);
                    continue;
                }

                Volatile.Write(ref sent, sent + ChangeLoad.ChunkCommands);
                await _socket.SendAsync(chunk, failed.Token);
                wake.Release();
                _chunk = (_chunk + 1) % _load.Encoded.Count;
            }
        }
        catch (OperationCanceledException) when (reading.IsFaulted)
        {
            await reading;
        }

        Volatile.Write(ref isSent, true);
        wake.Release();
        await reading;
        return answered / begun.Elapsed.TotalSeconds;

        async Task ReadAsync()
        {
            try
            {
                while (answered < Volatile.Read(ref sent) || !Volatile.Read(ref isSent))
                {
                    if (answered == Volatile.Read(ref sent))
                        await wake.WaitAsync(failed.Token);
                    else
                        answered += await ReadSomeAsync(failed.Token);
                }
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<int> ReadSomeAsync(CancellationToken cancellationToken)
    {
        var read = await _socket.ReceiveAsync(_replies.AsMemory(_unread), cancellationToken);
        if (read == 0)
            throw new IOException("The source has closed the connection.");
        return Pass(_unread + read);
    }

    private int Pass(int count)
    {
        var (passed, replies) = (0, 0);
        while (RespReader.TryMeasure(_replies.AsSpan(passed, count - passed), out var length))
        {
            if (_replies[passed] == (byte)RespKind.Error)
                throw new BenchException(
                    $"A command was answered: {RespValue.Parse(_replies.AsSpan(passed, length)).Text}"
                );
            passed += length;
            replies++;
        }

        _unread = count - passed;
        _replies.AsSpan(passed, _unread).CopyTo(_replies);
        return replies;
    }
}
