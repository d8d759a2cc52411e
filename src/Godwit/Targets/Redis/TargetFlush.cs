using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Targets.Redis;

/// <summary>Empties a target, as its user has asked for twice (<c>--flush-target --yes</c>).</summary>
/// <remarks>
/// In the background where the server can (ASYNC, from 4.0 on): emptying a large one takes minutes, and until it is done the server
/// would answer nobody, neither us nor those who take such a one for dead. What is deleted counts as memory in use until it is freed,
/// which is waited for: otherwise what is written next could be evicted, or refused, for want of room.
/// </remarks>
internal static class TargetFlush
{
    private const string BeingFreed = "lazyfree_pending_objects";

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(2);

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
            await EmptyAsync(connection, database is null ? "FLUSHALL" : "FLUSHDB", cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ServerErrorException)
        {
            changed();
            throw;
        }

        changed();
        await AwaitRoomAsync(connection, log, cancellationToken).ConfigureAwait(false);
        if (database is not null)
        {
            log.Info($"Emptied database {database} of {connection.Endpoint}.");
            return;
        }

        if (profile.HasFunctions)
            await connection.ExecuteAsync(cancellationToken, "FUNCTION", "FLUSH").ConfigureAwait(false);
        log.Info($"Emptied {connection.Endpoint}.");
    }

    // Before 4.0 a server takes the word for a mistake.
    private static async Task EmptyAsync(
        RedisConnection connection,
        string command,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await connection.ExecuteAsync(cancellationToken, command, "ASYNC").ConfigureAwait(false);
        }
        catch (ServerErrorException exception) when (exception.Code == "ERR")
        {
            await connection.ExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        }
    }

    // Where INFO says nothing of it there is nothing to wait for.
    private static async Task AwaitRoomAsync(
        RedisConnection connection,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        var since = connection.TimeProvider.GetTimestamp();
        var isTold = false;
        while (
            await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false) is { } info
            && info[BeingFreed] is not (null or "0")
        )
        {
            if (!isTold && connection.TimeProvider.GetElapsedTime(since) > TellAfter)
            {
                log.Info($"Waiting until {connection.Endpoint} has freed the memory of what was deleted.");
                isTold = true;
            }

            await Task.Delay(BetweenLooks, connection.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
