using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Targets.Redis;

/// <summary>Empties a target, as its user has asked for twice (<c>--flush-target --yes</c>).</summary>
internal static class TargetFlush
{
    /// <summary>Empties the one database that the URI names, or else all of them and the function libraries.</summary>
    /// <param name="connection">To the target.</param>
    /// <param name="profile">What it can do.</param>
    /// <param name="log">Is told.</param>
    /// <param name="changed">Called once the target is changed or may be: not where it refuses the first command.</param>
    /// <param name="cancellationToken">Ends the wait; the target may be emptied all the same.</param>
    /// <exception cref="GodwitException">The target refused, or the connection was lost.</exception>
    public static async Task RunAsync(
        RedisConnection connection,
        TargetProfile profile,
        IMigrationLog log,
        Action changed,
        CancellationToken cancellationToken
    )
    {
        var database = connection.Endpoint.Database;
        try
        {
            await connection
                .ExecuteAsync(cancellationToken, database is null ? "FLUSHALL" : "FLUSHDB")
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ServerErrorException)
        {
            changed();
            throw;
        }

        changed();
        if (database is not null)
        {
            log.Info($"Emptied database {database} of {connection.Endpoint}.");
            return;
        }

        if (profile.HasFunctions)
            await connection.ExecuteAsync(cancellationToken, "FUNCTION", "FLUSH").ConfigureAwait(false);
        log.Info($"Emptied {connection.Endpoint}.");
    }
}
