using System.Globalization;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Live.Lanes;

/// <summary>
/// Connections to the target that were given up while something was on its way over them. A network may deliver that long afterwards, and a
/// server that hung may run it then: a change would be applied a second time, or over a later one. So the server is told to end them
/// before anything else is written. For use by any task.
/// </summary>
/// <param name="log">Is told where a server does not let us.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LostConnections(IMigrationLog log, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly List<LaneClient> _lost = [];
    private bool _hasWarned;

    /// <summary>One is given up.</summary>
    public void Add(LaneClient client)
    {
        lock (_lock)
            _lost.Add(client);
    }

    /// <summary>Asks a server what it calls a connection; null where it does not say.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public static async Task<LaneClient?> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var id = await connection.TryExecuteAsync(cancellationToken, "CLIENT", "ID").ConfigureAwait(false);
        var info = await connection.TryExecuteAsync(cancellationToken, "INFO", "server").ConfigureAwait(false);
        return !id.IsError && !info.IsError && ServerInfo.Parse(info.Text).RunId is { } runId
            ? new LaneClient(connection.Endpoint, runId, id.Integer)
            : null;
    }

    /// <summary>Ends those that were to the server of this connection.</summary>
    /// <param name="connection">A new one.</param>
    /// <param name="client">What the server calls it. One that has been started anew has lost the others, and gives their numbers again.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task EndAsync(RedisConnection connection, LaneClient? client, CancellationToken cancellationToken)
    {
        foreach (var lost in Of(one => one.RunId == client?.RunId))
        {
            var number = lost.Id.ToString(CultureInfo.InvariantCulture);
            var reply = await connection
                .TryExecuteAsync(cancellationToken, "CLIENT", "KILL", "ID", number)
                .ConfigureAwait(false);
            if (reply.IsError)
                Warn(connection.Endpoint, reply.Text);
            Remove(lost);
        }
    }

    /// <summary>Ends all. Of a server that cannot be reached it is left to whoever reaches it.</summary>
    public async Task EndAllAsync(CancellationToken cancellationToken)
    {
        foreach (
            var endpoint in Of(_ => true)
                .Select(lost => lost.Endpoint)
                .DistinctBy(endpoint => endpoint.Address, StringComparer.Ordinal)
        )
        {
            try
            {
                var connection = await RedisConnection
                    .ConnectAsync(endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                await using var closing = connection.ConfigureAwait(false);
                var client = await AskAsync(connection, cancellationToken).ConfigureAwait(false);
                await EndAsync(connection, client, cancellationToken).ConfigureAwait(false);

                // What another run of the server had is gone with it.
                foreach (var gone in Of(lost => client is not null && lost.Endpoint.Address == endpoint.Address))
                    Remove(gone);
            }
            catch (ConnectionException)
            {
                // Nobody can write there now, and whoever can later does this first.
            }
        }
    }

    private LaneClient[] Of(Func<LaneClient, bool> condition)
    {
        lock (_lock)
            return [.. _lost.Where(condition)];
    }

    private void Remove(LaneClient client)
    {
        lock (_lock)
            _lost.Remove(client);
    }

    private void Warn(RedisEndpoint endpoint, string error)
    {
        lock (_lock)
        {
            if (_hasWarned)
                return;
            _hasWarned = true;
        }

        log.Warn(
            $"{endpoint} does not let us end a connection that was lost (CLIENT KILL: {error}). Should something that was sent over it arrive late, it is applied twice. Let the user run it: ACL SETUSER name +client|kill."
        );
    }
}

/// <summary>A connection as its server knows it.</summary>
/// <param name="Endpoint">The server.</param>
/// <param name="RunId">A value of its own for each start of the server: numbers of another start say nothing.</param>
/// <param name="Id">Its number there (CLIENT ID).</param>
internal sealed record LaneClient(RedisEndpoint Endpoint, string RunId, long Id);
