using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Servers;

/// <summary>
/// A plain RESP2 client. It shares no code with Godwit.Protocol, so that what a test reads with it is a second opinion.
/// </summary>
/// <remarks>
/// Arguments are strings (sent as UTF-8), byte arrays or integers. Replies are <c>byte[]</c> (simple and bulk strings),
/// <c>long</c>, <c>null</c>, <c>object?[]</c> and <see cref="RespError"/>. Not for use by two threads at once.
/// </remarks>
public sealed class RespClient : IRespPipeline, IDisposable
{
    // Longer than any command of a test should take on a loaded machine; a test that hangs must end.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private readonly Stream _network;
    private readonly BufferedStream _replies;
    private readonly MemoryStream _unsent = new();

    private RespClient(Stream network)
    {
        _network = network;
        _replies = new BufferedStream(_network, 1 << 16);
    }

    /// <summary>Connects to a server on this machine.</summary>
    public static RespClient Connect(int port) => Connect(port, ServerAccess.Open);

    /// <summary>Connects to a server on this machine and logs in.</summary>
    internal static RespClient Connect(int port, ServerAccess access)
    {
        Stream? network = null;
        try
        {
            network = ConnectSocket(port);
            if (access.Tls is { } certificates)
                network = TlsClient.Authenticate(network, certificates);
            var client = new RespClient(network);
            if (access.Password is { } password)
                client.Call(access.User is { } user ? ["AUTH", user, password] : ["AUTH", password]);
            return client;
        }
        catch
        {
            network?.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and reads its reply, which must not be an error.</summary>
    public object? Call(params ReadOnlySpan<object> command)
    {
        var reply = Try(command);
        return reply is RespError error ? throw Failed(command, error) : reply;
    }

    /// <summary>Sends a command and reads its reply, error or not.</summary>
    public object? Try(params ReadOnlySpan<object> command)
    {
        Send(command);
        return Read();
    }

    /// <summary>A command whose reply is text.</summary>
    public string Text(params ReadOnlySpan<object> command) => Encoding.UTF8.GetString((byte[])Call(command)!);

    /// <summary>A command whose reply is an integer.</summary>
    public long Number(params ReadOnlySpan<object> command) => (long)Call(command)!;

    /// <summary>Queues a command, to be sent before the next read. Its reply must be read with <see cref="Read"/>.</summary>
    public void Send(params ReadOnlySpan<object> command)
    {
        WriteLine('*', command.Length);
        foreach (var argument in command)
        {
            var bytes = Encode(argument);
            WriteLine('$', bytes.Length);
            _unsent.Write(bytes);
            _unsent.Write("\r\n"u8);
        }
    }

    /// <summary>Reads one reply.</summary>
    public object? Read()
    {
        _unsent.WriteTo(_network);
        _unsent.SetLength(0);
        var line = ReadLine();
        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return Encoding.Latin1.GetBytes(rest);
            case '-':
                return new RespError(rest);
            case ':':
                return long.Parse(rest, CultureInfo.InvariantCulture);
            case '$':
                return ReadBulk(int.Parse(rest, CultureInfo.InvariantCulture));
            case '*':
                return ReadArray(int.Parse(rest, CultureInfo.InvariantCulture));
            default:
                throw new InvalidDataException($"A reply cannot begin with '{line}'.");
        }
    }

    /// <summary>Sends many commands without waiting for each, and reads all replies; none may be an error.</summary>
    public IReadOnlyList<object?> Pipeline(IEnumerable<object[]> commands)
    {
        const int Batch = 256;
        var replies = new List<object?>();
        foreach (var batch in commands.Chunk(Batch))
        {
            foreach (var command in batch)
            {
                Send(command);
            }

            foreach (var command in batch)
            {
                var reply = Read();
                replies.Add(reply is RespError error ? throw Failed(command, error) : reply);
            }
        }

        return replies;
    }

    public void Dispose()
    {
        _replies.Dispose();
        _network.Dispose();
        _unsent.Dispose();
    }

    /// <summary>An argument as it is sent.</summary>
    internal static byte[] Encode(object argument) =>
        argument switch
        {
            byte[] binary => binary,
            string text => Encoding.UTF8.GetBytes(text),
            int number => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
            long number => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException(
                $"An argument cannot be a {argument?.GetType().Name ?? "null"}.",
                nameof(argument)
            ),
        };

    private static NetworkStream ConnectSocket(int port)
    {
        var milliseconds = (int)Timeout.TotalMilliseconds;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = milliseconds,
            SendTimeout = milliseconds,
        };
        try
        {
            socket.Connect("127.0.0.1", port);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static RespErrorException Failed(ReadOnlySpan<object> command, RespError error) =>
        new($"{command[0]}: {error.Message}");

    private byte[]? ReadBulk(int length)
    {
        if (length < 0)
        {
            return null;
        }

        var bytes = new byte[length];
        _replies.ReadExactly(bytes);
        var end = (_replies.ReadByte(), _replies.ReadByte());
        return end == ('\r', '\n')
            ? bytes
            : throw new InvalidDataException("A bulk string does not end where it should.");
    }

    private object?[]? ReadArray(int count)
    {
        if (count < 0)
        {
            return null;
        }

        var elements = new object?[count];
        for (var i = 0; i < count; i++)
        {
            elements[i] = Read();
        }

        return elements;
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            var next = _replies.ReadByte();
            switch (next)
            {
                case -1:
                    throw new EndOfStreamException("The server closed the connection.");
                case '\r' when _replies.ReadByte() == '\n':
                    return line.ToString();
                default:
                    line.Append((char)next);
                    break;
            }
        }
    }

    private void WriteLine(char kind, int number) =>
        _unsent.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind}{number}\r\n")));
}
