using System.Net;
using System.Net.Sockets;

namespace Godwit.IntegrationTests.Servers.Faults;

/// <summary>
/// Stands between the program and a server, and does on demand what bad networks do. Any number of connections; what is set
/// holds for all of them, and for those to come. For use by any thread.
/// </summary>
/// <remarks>
/// A node of a cluster tells its clients its own port. To stand before one, start the node with
/// <c>--cluster-announce-port</c> and the port of the proxy.
/// </remarks>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly List<Task> _runs = [];
    private readonly FlowControl _toServer = new();
    private readonly FlowControl _toClient = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private int _accepted;
    private volatile bool _refuses;

    public FaultProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Connections that stand now.</summary>
    public int OpenConnections
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>All connections that it ever took.</summary>
    public int AcceptedConnections => Volatile.Read(ref _accepted);

    /// <summary>New connections are closed as soon as they are made, as if the server were gone.</summary>
    public bool Refuses
    {
        get => _refuses;
        set => _refuses = value;
    }

    /// <summary>How many bytes went through so far.</summary>
    public long BytesPassed(Direction direction) => Of(direction).Passed;

    /// <summary>Cuts all connections now, with a reset, as a server's crash does. New ones are served.</summary>
    public void CutAll()
    {
        lock (_lock)
        {
            foreach (var connection in _connections)
                connection.Reset();
        }
    }

    /// <summary>
    /// Cuts all connections at the clients' ends only, with a reset. What is on its way to the server, where <see cref="Delay"/> holds it
    /// up, arrives there all the same, late.
    /// </summary>
    public void AbandonAll()
    {
        lock (_lock)
        {
            foreach (var connection in _connections)
                connection.Abandon();
        }
    }

    /// <summary>
    /// Lets so many bytes more pass in one direction, over all connections together, and then cuts the one that would carry
    /// the next. What passed before arrives.
    /// </summary>
    public void CutAfter(Direction direction, long bytes) => Of(direction).CutAfter(bytes);

    /// <summary>Passes no byte any more, either way; the connections stay, and new ones are taken.</summary>
    public void Freeze()
    {
        _toServer.Freeze();
        _toClient.Freeze();
    }

    public void Thaw()
    {
        _toServer.Thaw();
        _toClient.Thaw();
    }

    /// <summary>From now on every byte arrives so much later.</summary>
    public void Delay(Direction direction, TimeSpan delay) => Of(direction).Delay = delay;

    /// <summary>From now on so many bytes pass in a second, over all connections together; null: as many as come.</summary>
    public void Limit(Direction direction, int? bytesPerSecond) => Of(direction).BytesPerSecond = bytesPerSecond;

    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
            return;
        CutAll();
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        Task[] runs;
        lock (_lock)
            runs = [.. _runs];
        await Task.WhenAll(runs);
        _end.Dispose();
    }

    private FlowControl Of(Direction direction) => direction == Direction.ToServer ? _toServer : _toClient;

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Interlocked.Increment(ref _accepted);
            if (_refuses)
            {
                client.Close(0);
                continue;
            }

            var connection = new ProxiedConnection(client);
            lock (_lock)
            {
                _connections.Add(connection);
                _runs.Add(Task.Run(() => ServeAsync(connection)));
            }
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        try
        {
            await connection.RunAsync(_serverPort, _toServer, _toClient, _end.Token);
        }
        finally
        {
            connection.Dispose();
            lock (_lock)
                _connections.Remove(connection);
        }
    }
}
