using System.Globalization;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>
/// Connections that were closed while something was on its way over them. A network may deliver that long afterwards, and a server that
/// hung may run it then: a change would be applied a second time, or over a later one. So a server is told to end them before a new
/// connection to it is used. For use by any task.
/// </summary>
/// <param name="warn">Is told, once, where a server does not let us.</param>
internal sealed class LostConnections(Action<string> warn)
{
    private readonly Lock _lock = new();
    private readonly List<ServerClient> _lost = [];
    private bool _hasWarned;

    /// <summary>Ends those that were to the server of a new connection.</summary>
    /// <returns>What the server calls the new one; null where it does not say.</returns>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<ServerClient?> BeginAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var client = await AskAsync(connection, cancellationToken).ConfigureAwait(false);

        // A server that has been started anew has lost the others, and gives their numbers again.
        foreach (var lost in Of(one => one.RunId == client?.RunId))
        {
            await EndAsync(connection, lost.Id, cancellationToken).ConfigureAwait(false);
            Remove(lost);
        }

        return client;
    }

    /// <summary>One was closed before all was answered.</summary>
    public void Add(ServerClient client)
    {
        lock (_lock)
            _lost.Add(client);
    }

    /// <summary>Ends all. Of a server that cannot be reached it is left to whoever reaches it.</summary>
    /// <param name="options">How connections are made that come here when they are closed.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task EndAllAsync(
        ConnectionOptions options,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        foreach (var lost in Of(_ => true).GroupBy(lost => lost.Endpoint.Address, StringComparer.Ordinal))
        {
            try
            {
                var connection = await RedisConnection
                    .ConnectAsync(lost.First().Endpoint, options, timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                await connection.DisposeAsync().ConfigureAwait(false);

                // What another run of the server had is gone with it.
                foreach (var gone in lost)
                    Remove(gone);
            }
            catch (ConnectionException)
            {
                // Nobody can write there now, and whoever can later does this first.
            }
        }
    }

    /// <summary>
    /// Ends those that a server has by a name: an earlier run of this program may have been killed, and what it had sent may still be
    /// waiting there.
    /// </summary>
    /// <param name="connection">To the server, and not of that name.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task EndNamedAsync(RedisConnection connection, string name, CancellationToken cancellationToken)
    {
        var list = await connection.TryExecuteAsync(cancellationToken, "CLIENT", "LIST").ConfigureAwait(false);
        if (list.IsError)
        {
            Warn(connection.Endpoint, "CLIENT LIST", list.Text, "client|list");
            return;
        }

        foreach (var line in list.Text.Split('\n'))
        {
            var fields = line.Split(' ');
            if (
                fields.Contains($"name={name}", StringComparer.Ordinal)
                && fields[0].StartsWith("id=", StringComparison.Ordinal)
                && long.TryParse(fields[0].AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            )
                await EndAsync(connection, id, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ServerClient?> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var id = await connection.TryExecuteAsync(cancellationToken, "CLIENT", "ID").ConfigureAwait(false);
        var info = await connection.TryExecuteAsync(cancellationToken, "INFO", "server").ConfigureAwait(false);
        return !id.IsError && !info.IsError && ServerInfo.Parse(info.Text).RunId is { } runId
            ? new ServerClient(connection.Endpoint, runId, id.Integer)
            : null;
    }

    private async Task EndAsync(RedisConnection connection, long id, CancellationToken cancellationToken)
    {
        var number = id.ToString(CultureInfo.InvariantCulture);
        var reply = await connection
            .TryExecuteAsync(cancellationToken, "CLIENT", "KILL", "ID", number)
            .ConfigureAwait(false);
        if (reply.IsError)
            Warn(connection.Endpoint, "CLIENT KILL", reply.Text, "client|kill");
    }

    private ServerClient[] Of(Func<ServerClient, bool> condition)
    {
        lock (_lock)
            return [.. _lost.Where(condition)];
    }

    private void Remove(ServerClient client)
    {
        lock (_lock)
            _lost.Remove(client);
    }

    private void Warn(RedisEndpoint endpoint, string command, string error, string right)
    {
        lock (_lock)
        {
            if (_hasWarned)
                return;
            _hasWarned = true;
        }

        warn(
            $"{endpoint} does not let us end a connection that was lost ({command}: {error}). Should something that was sent over it arrive late, it is applied twice. Let the user run it: ACL SETUSER name +{right}."
        );
    }
}

/// <summary>A connection as its server knows it.</summary>
/// <param name="Endpoint">The server.</param>
/// <param name="RunId">A value of its own for each start of the server: numbers of another start say nothing.</param>
/// <param name="Id">Its number there (CLIENT ID).</param>
internal sealed record ServerClient(RedisEndpoint Endpoint, string RunId, long Id);
