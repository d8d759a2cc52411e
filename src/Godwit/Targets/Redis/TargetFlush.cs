using Godwit.Connections;
using Godwit.Migration;

namespace Godwit.Targets.Redis;

/// <summary>Empties a target, as its user has asked for twice (<c>--flush-target --yes</c>).</summary>
internal static class TargetFlush
{
    /// <summary>Empties the one database that the URI names, or else all of them and the function libraries.</summary>
    public static async Task RunAsync(
        RedisConnection connection,
        TargetProfile profile,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        if (connection.Endpoint.Database is { } database)
        {
            await connection.ExecuteAsync(cancellationToken, "FLUSHDB").ConfigureAwait(false);
            log.Info($"Emptied database {database} of {connection.Endpoint}.");
            return;
        }

        await connection.ExecuteAsync(cancellationToken, "FLUSHALL").ConfigureAwait(false);
        if (profile.HasFunctions)
            await connection.ExecuteAsync(cancellationToken, "FUNCTION", "FLUSH").ConfigureAwait(false);
        log.Info($"Emptied {connection.Endpoint}.");
    }
}
