using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Servers;

/// <summary>Asks a server of this machine one question at a time.</summary>
internal sealed class ServerConnection : IDisposable
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Socket _socket;
    private byte[] _input = new byte[4096];
    private int _count;

    private ServerConnection(Socket socket) => _socket = socket;

    public static async Task<ServerConnection> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = NewSocket();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new ServerConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static Socket NewSocket() =>
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>The reply to a command, which may be an error.</summary>
    public async Task<RespValue> TryAsync(RespArgument[] command, CancellationToken cancellationToken)
    {
        _output.ResetWrittenCount();
        new RespWriter(_output).WriteCommand(command);
        await _socket.SendAsync(_output.WrittenMemory, cancellationToken);

        var consumed = 0;
        RespValue? reply;
        while (!RespValue.TryParse(_input.AsSpan(0, _count), out reply, out consumed))
        {
            if (_count == _input.Length)
                Array.Resize(ref _input, _count * 2);
            var read = await _socket.ReceiveAsync(_input.AsMemory(_count), cancellationToken);
            if (read == 0)
                throw new IOException("The server has closed the connection.");
            _count += read;
        }

        _input.AsSpan(consumed, _count - consumed).CopyTo(_input);
        _count -= consumed;
        return reply;
    }

    /// <summary>The reply to a command.</summary>
    /// <exception cref="BenchException">It is an error.</exception>
    public async Task<RespValue> AskAsync(RespArgument[] command, CancellationToken cancellationToken)
    {
        var reply = await TryAsync(command, cancellationToken);
        return reply.IsError ? throw new BenchException($"{command[0].Text} was answered: {reply.Text}") : reply;
    }

    /// <summary>A section of <c>INFO</c>.</summary>
    public async Task<ServerInfo> InfoAsync(string section, CancellationToken cancellationToken) =>
        ServerInfo.Parse((await AskAsync(["INFO", section], cancellationToken)).Text);

    public void Dispose() => _socket.Dispose();
}
