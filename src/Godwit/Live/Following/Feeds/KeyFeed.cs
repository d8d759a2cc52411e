using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Following.Feeds;

/// <summary>
/// Hears which keys change, and puts their names into the set. A connection that is lost is made anew, and leaves the doubt that
/// anything may have changed meanwhile.
/// </summary>
internal sealed class KeyFeed(FeedWay way, DirtyKeys keys, IMigrationLog log, TimeProvider timeProvider)
    : IAsyncDisposable
{
    private const string Lost = "the connection that tells which keys change was lost for a while";

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private FeedLine? _line;
    private TaskCompletionSource<bool>? _pong;

    /// <summary>Has the server begin to tell. Everything that changes behind this is told.</summary>
    /// <exception cref="GodwitException">It cannot be reached, or does not let us.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken) =>
        _line = await way.OpenAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Listens until it is told to stop.</summary>
    /// <exception cref="GodwitException">The server does not let us any more.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await ListenAsync(_line!, cancellationToken).ConfigureAwait(false);
            }
            catch (GodwitException exception) when (exception is ConnectionException or ServerErrorException)
            {
                log.Warn($"{exception.Message}. Connecting again to hear which keys change.");
                await CloseAsync().ConfigureAwait(false);
                await ReopenAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Waits until all that had changed before the call is in the set.
    /// </summary>
    /// <remarks>
    /// The names of one turn of the server's loop are told at its end, behind the replies of that turn: only the second of two
    /// questions, asked when the first was answered, is sure to be answered behind them (<c>src/server.c</c>, beforeSleep).
    /// </remarks>
    /// <returns>False if the connection was lost meanwhile, or is.</returns>
    public async Task<bool> FenceAsync(CancellationToken cancellationToken)
    {
        FeedLine? line;
        lock (_lock)
            line = _line;
        if (line is null)
            return false;

        try
        {
            if (line.Tracker is { } tracker)
                await tracker.ExecuteAsync(cancellationToken, "PING").ConfigureAwait(false);
            return await PingAsync(line, cancellationToken).ConfigureAwait(false)
                && await PingAsync(line, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is GodwitException or ObjectDisposedException)
        {
            // Also where the tracked connection alone is lost, of which the other one hears nothing.
            line.News.Abort();
            return false;
        }
    }

    /// <summary>Who tells; null while nobody does.</summary>
    public RedisEndpoint? Teller
    {
        get
        {
            lock (_lock)
                return _line?.News.Endpoint;
        }
    }

    /// <summary>Has it connect anew, to whoever is in charge by now.</summary>
    public void Restart()
    {
        lock (_lock)
            _line?.News.Abort();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CloseAsync();

    private async Task ListenAsync(FeedLine line, CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await line.News.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (message.IsError)
                throw ServerErrorException.Of(line.News.Endpoint, "PING", message.Bytes.Span);
            if (way.TryTake(message, keys))
                continue;
            lock (_lock)
                _pong?.TrySetResult(true);
        }
    }

    private async Task<bool> PingAsync(FeedLine line, CancellationToken cancellationToken)
    {
        var pong = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_line != line)
                return false;
            _pong = pong;
        }

        new RespWriter(line.News.Output).WriteCommand("PING");
        await line.News.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await pong.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync()
    {
        FeedLine? line;
        lock (_lock)
        {
            line = _line;
            _line = null;
            _pong?.TrySetResult(false);
        }

        if (line is not null)
            await line.DisposeAsync().ConfigureAwait(false);
    }

    // The server may be away for long: it is waited for, as by a replica.
    private async Task ReopenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var line = await way.OpenAsync(cancellationToken).ConfigureAwait(false);

                // Behind the first moment from which all is told again, and before anybody can ask whether all was told.
                keys.Raise(Doubt.Anything, Lost);
                lock (_lock)
                    _line = line;
                return;
            }
            catch (ConnectionException exception) when (exception.IsTransient)
            {
                // It is still away.
            }
            catch (ServerErrorException exception) when (exception.IsTransient)
            {
                // It is loading its data.
            }

            await Task.Delay(RetryEvery, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
