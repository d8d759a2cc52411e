using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Live;

/// <summary>
/// How a job's connections to its target behave. They have a name of their own there, so that a later run finds what a killed one has
/// left.
/// </summary>
internal static class JobConnections
{
    /// <summary>Those of a job.</summary>
    /// <param name="job">Its name.</param>
    /// <param name="log">Is told where lost ones cannot be ended.</param>
    public static ConnectionOptions Of(string job, IMigrationLog log) =>
        new() { ClientName = $"godwit-{job}", Lost = new LostConnections(log.Warn) };

    /// <summary>Ends those of an earlier run. None of this one is open yet.</summary>
    /// <param name="options">How the job's connections behave.</param>
    /// <param name="servers">Of the target: those that take writes.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ConnectionException">One cannot be reached.</exception>
    public static async Task EndEarlierAsync(
        ConnectionOptions options,
        IEnumerable<RedisEndpoint> servers,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        foreach (var server in servers)
        {
            var connection = await RedisConnection
                .ConnectAsync(server, new ConnectionOptions(), timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            await options.Lost!.EndNamedAsync(connection, options.ClientName!, cancellationToken).ConfigureAwait(false);
        }
    }
}
