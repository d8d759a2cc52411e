using System.Net.Sockets;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>
/// One connection to one server, logged in. Two ways to use it, never both at once: <see cref="ExecuteAsync"/> for one command
/// after another, or <see cref="Output"/> and <see cref="Input"/>, which two tasks may use side by side, for many under way.
/// </summary>
/// <remarks>After any exception but <see cref="ServerErrorException"/> it is of no more use; its owner disposes of it.</remarks>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly Transport _transport;
    private readonly LostConnections? _lost;
    private ServerClient? _client;
    private long _settledBytes;
    private int _executing;

    private RedisConnection(
        RedisEndpoint endpoint,
        ConnectionOptions options,
        Transport transport,
        TimeProvider timeProvider
    )
    {
        Endpoint = endpoint;
        TimeProvider = timeProvider;
        _transport = transport;
        _lost = options.Lost;
        Input = new RespInput(transport, endpoint, options);
        Output = new RespOutput(transport, options.SendBufferSize);
    }

    /// <summary>Whom it is to.</summary>
    public RedisEndpoint Endpoint { get; }

    /// <summary>This machine's clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>What comes.</summary>
    public RespInput Input { get; }

    /// <summary>What goes.</summary>
    public RespOutput Output { get; }

    /// <summary>The RESP version that was agreed on, 2 or 3.</summary>
    public int Protocol { get; private set; }

    /// <summary>Connects, sets up TLS, logs in and selects the endpoint's database.</summary>
    /// <exception cref="ConnectionException">Any of that failed; it says which, why, and what to do.</exception>
    public static async Task<RedisConnection> ConnectAsync(
        RedisEndpoint endpoint,
        ConnectionOptions options,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var stage = ConnectionStage.Resolve;
        try
        {
            var addresses = await Dialer.ResolveAsync(endpoint, both.Token).ConfigureAwait(false);
            stage = ConnectionStage.Connect;
            var socket = await Dialer
                .ConnectAsync(endpoint, addresses, options, timeProvider, both.Token)
                .ConfigureAwait(false);

            stage = endpoint.Tls is null ? ConnectionStage.Authenticate : ConnectionStage.Tls;
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (endpoint.Tls is { } tls)
            {
                stream = await TlsHandshake
                    .OpenAsync(endpoint, tls, stream, timeProvider, both.Token, cancellationToken)
                    .ConfigureAwait(false);
            }

            stage = ConnectionStage.Authenticate;
            var transport = new Transport(socket, stream, endpoint);
            var connection = new RedisConnection(endpoint, options, transport, timeProvider);
            var greeting = new Greeting(endpoint, options, connection.Input, connection.Output);
            try
            {
                connection.Protocol = await greeting.SayAsync(both.Token).ConfigureAwait(false);
                transport.WatchSilence(options.ReplyTimeout, timeProvider);
                connection._settledBytes = connection.Output.BytesBegun;
                if (options.Lost is { } lost)
                    connection._client = await lost.BeginAsync(connection, both.Token).ConfigureAwait(false);
                return connection;
            }
            catch
            {
                stage = greeting.Stage;
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ConnectionFailure.TimedOut(endpoint, stage, options.ConnectTimeout, e);
        }
    }

    /// <summary>Sends one command and waits for its reply.</summary>
    /// <exception cref="ServerErrorException">The server answered with an error.</exception>
    /// <exception cref="ConnectionException">The connection was lost, or silent for too long.</exception>
    /// <exception cref="ProtocolException">What came is no reply.</exception>
    public Task<RespValue> ExecuteAsync(
        CancellationToken cancellationToken,
        params ReadOnlySpan<RespArgument> command
    ) => ExecuteOrThrowAsync(CommandName.Of(command), Send(command, cancellationToken));

    /// <summary>As <see cref="ExecuteAsync"/>, but an error is a value: see <see cref="RespValue.IsError"/>.</summary>
    /// <exception cref="ConnectionException">The connection was lost, or silent for too long.</exception>
    /// <exception cref="ProtocolException">What came is no reply.</exception>
    public Task<RespValue> TryExecuteAsync(
        CancellationToken cancellationToken,
        params ReadOnlySpan<RespArgument> command
    ) => Send(command, cancellationToken);

    /// <summary>
    /// All that was sent by <see cref="Output"/> is answered. To be said where <see cref="ConnectionOptions.Lost"/> counts, so that the
    /// connection can be closed without having to be ended at the server.
    /// </summary>
    public void Settle() => _settledBytes = Output.BytesBegun;

    /// <summary>Cuts the connection at once: what waits on it fails. May be called from any thread.</summary>
    public void Abort() => _transport.Abort();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client is { } client && _settledBytes != Output.BytesBegun)
            _lost!.Add(client);
        _client = null;
        await _transport.DisposeAsync().ConfigureAwait(false);
        Output.Dispose();
        Input.Dispose();
    }

    private Task<RespValue> Send(ReadOnlySpan<RespArgument> command, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _executing, 1) != 0)
            throw new InvalidOperationException("A connection executes one command at a time.");

        var isAlone = _settledBytes == Output.BytesBegun && Output.Buffered == 0;
        new RespWriter(Output).WriteCommand(command);
        return ReceiveAsync(isAlone, cancellationToken);
    }

    private async Task<RespValue> ReceiveAsync(bool isAlone, CancellationToken cancellationToken)
    {
        try
        {
            await Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            var reply = await Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);

            // A push answers nobody. Who asks for pushes reads them from the input.
            while (reply.Kind == RespKind.Push)
                reply = await Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);

            if (isAlone)
                Settle();
            return reply;
        }
        catch
        {
            // The reply may still come, and the next command must not take it for its own.
            Abort();
            throw;
        }
        finally
        {
            Volatile.Write(ref _executing, 0);
        }
    }

    private async Task<RespValue> ExecuteOrThrowAsync(string name, Task<RespValue> pending)
    {
        var reply = await pending.ConfigureAwait(false);
        return reply.IsError ? throw ServerErrorException.Of(Endpoint, name, reply.Bytes.Span) : reply;
    }
}
