using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>Asks a target what it can do, and whether it lets us. No key is changed.</summary>
internal static class TargetQuestions
{
    private static readonly Version Version62 = new(6, 2);
    private static readonly Version Version70 = new(7, 0);

    /// <summary>Asks.</summary>
    /// <param name="connection">To the target.</param>
    /// <param name="info">Its INFO.</param>
    /// <param name="write">How the user wants keys to be written.</param>
    /// <param name="tag">What a key begins with that it owns, as <c>{x}</c>; empty where it owns all.</param>
    /// <param name="log">Is told what the user should know.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="RefusedException">It cannot be written to now: the message says why and what to do.</exception>
    public static async Task<TargetProfile> AskAsync(
        RedisConnection connection,
        ServerInfo info,
        WriteMode write,
        string tag,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        var family = FamilyOf(info);
        var restore = await AskRestoreAsync(connection, info, family, write, tag, log, cancellationToken)
            .ConfigureAwait(false);
        var obstacle = await FindObstacleToTransactionsAsync(connection, tag, cancellationToken).ConfigureAwait(false);
        if (obstacle is not null && (write == WriteMode.Commands || !restore.Any))
        {
            throw new RefusedException(
                $"{connection.Endpoint} does not let us write: {obstacle}",
                "Let the user write by RESTORE (ACL SETUSER name +restore ~*), or by transactions (+multi +exec +@write ~*)."
            );
        }

        return await ProfileAsync(connection, info, restore, obstacle is null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// As far as it goes without a RESTORE or a transaction: which payloads it takes is told from its version, and that it lets
    /// us use transactions is taken for granted.
    /// </summary>
    public static Task<TargetProfile> AskWithoutWritingAsync(
        RedisConnection connection,
        ServerInfo info,
        CancellationToken cancellationToken
    ) =>
        ProfileAsync(
            connection,
            info,
            RestoreSupport.Of(info, FamilyOf(info)),
            hasTransactions: true,
            cancellationToken
        );

    private static RdbFamily FamilyOf(ServerInfo info) =>
        info.Product == ServerProduct.Valkey && info.Version?.Major >= 9 ? RdbFamily.Valkey : RdbFamily.Redis;

    private static async Task<TargetProfile> ProfileAsync(
        RedisConnection connection,
        ServerInfo info,
        RestoreSupport restore,
        bool hasTransactions,
        CancellationToken cancellationToken
    )
    {
        var version = info.RedisVersion ?? info.Version ?? Version70;
        return new TargetProfile
        {
            Family = FamilyOf(info),
            Server = info.DisplayName,
            Restore = restore,
            HasTransactions = hasTransactions,
            HasFieldExpiry = await HasCommandAsync(connection, "HPEXPIREAT", cancellationToken).ConfigureAwait(false),
            HasFunctions = await HasCommandAsync(connection, "FUNCTION", cancellationToken).ConfigureAwait(false),
            HasStreamCounters = version >= Version70,
            HasCreateConsumer = version >= Version62,
            HasTrimByMinId = version >= Version62,
            Clock = info.Clock ?? default,
        };
    }

    // Tried with DEL of a key that nobody has. A user whose rights end at some prefix is told so key by key.
    private static async Task<string?> FindObstacleToTransactionsAsync(
        RedisConnection connection,
        string tag,
        CancellationToken cancellationToken
    )
    {
        foreach (
            var command in (string[][])
                [
                    ["MULTI"],
                    ["DEL", RestoreProbe.NewKey(tag)],
                    ["EXEC"],
                ]
        )
        {
            var words = command.Select(word => (RespArgument)word).ToArray();
            var reply = await connection.TryExecuteAsync(cancellationToken, words).ConfigureAwait(false);
            if (!reply.IsError || IsAboutKeys(reply.Text))
                continue;

            await EndTransactionAsync(connection, cancellationToken).ConfigureAwait(false);
            return $"it answered {command[0]} with: {ServerErrorException.Clean(reply.Bytes.Span)}";
        }

        return null;
    }

    // Whichever of the two the user may run: a transaction that has seen an error is dropped by EXEC too. Where there is none it
    // is an error, of no consequence.
    private static async Task EndTransactionAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await connection.TryExecuteAsync(cancellationToken, "EXEC").ConfigureAwait(false);
        await connection.TryExecuteAsync(cancellationToken, "DISCARD").ConfigureAwait(false);
    }

    // "NOPERM No permissions to access a key" (7.0), "… one of the keys used as arguments" (6.0). EXEC then tells of both; where
    // it is EXEC that may not be run it says so in the same breath (6.2).
    private static bool IsAboutKeys(string error) =>
        (error.StartsWith("NOPERM", StringComparison.Ordinal) && error.Contains(" key", StringComparison.Ordinal))
        || (
            error.StartsWith("EXECABORT", StringComparison.Ordinal)
            && !error.Contains(" NOPERM ", StringComparison.Ordinal)
        );

    private static async Task<RestoreSupport> AskRestoreAsync(
        RedisConnection connection,
        ServerInfo info,
        RdbFamily family,
        WriteMode write,
        string tag,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var support = await RestoreProbe.AskAsync(connection, family, tag, cancellationToken).ConfigureAwait(false);
            if (support.Any || write == WriteMode.Commands)
                return support;
            if (write == WriteMode.Restore)
            {
                throw new RefusedException(
                    $"{connection.Endpoint} takes no payload of a version that Godwit knows",
                    "Use --write commands."
                );
            }

            log.Warn(
                $"{connection.Endpoint} takes no payload that Godwit knows: every key goes by its type's commands."
            );
            return support;
        }
        catch (ServerErrorException exception) when (IsAboutKeys(exception.ServerMessage))
        {
            log.Info(
                $"What {connection.Endpoint} can restore is taken from its version: its user may not write the key of the probe."
            );
            return RestoreSupport.Of(info, family);
        }
        catch (ServerErrorException exception)
            when (write != WriteMode.Restore && (exception.Code == "NOPERM" || IsUnknownCommand(exception)))
        {
            if (write != WriteMode.Commands)
                log.Warn($"{exception.Message}: every key goes by its type's commands, which is slower.");
            return RestoreSupport.None;
        }
        catch (ServerErrorException exception)
        {
            throw Refused(connection, exception);
        }
    }

    private static RefusedException Refused(RedisConnection connection, ServerErrorException exception) =>
        exception.Code switch
        {
            "READONLY" => new RefusedException(
                $"{connection.Endpoint} is a read-only replica: {exception.ServerMessage}",
                "Name its primary as the target.",
                exception
            ),
            "OOM" => new RefusedException(
                $"{connection.Endpoint} has no memory left (maxmemory): {exception.ServerMessage}",
                "Raise its maxmemory, make room, or choose a larger target.",
                exception
            ),
            "NOPERM" => new RefusedException(
                $"The user of {connection.Endpoint} may not write there: {exception.ServerMessage}",
                "Give it the right: ACL SETUSER name +restore ~*, or use --write commands.",
                exception
            ),
            _ => new RefusedException(
                exception.Message,
                exception.WhatToDo ?? "See the server's log for the cause.",
                exception
            ),
        };

    private static bool IsUnknownCommand(ServerErrorException exception) =>
        exception.ServerMessage.Contains("unknown command", StringComparison.OrdinalIgnoreCase);

    // A server that does not say which commands it has is taken to have them: the command itself will tell.
    private static async Task<bool> HasCommandAsync(
        RedisConnection connection,
        string command,
        CancellationToken cancellationToken
    )
    {
        var reply = await connection
            .TryExecuteAsync(cancellationToken, "COMMAND", "INFO", command)
            .ConfigureAwait(false);
        return reply.IsError || (reply.Items.Count > 0 && !reply.Items[0].IsNull && reply.Items[0].Items.Count > 0);
    }
}
