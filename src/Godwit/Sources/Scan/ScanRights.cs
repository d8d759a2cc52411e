using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>What reading by SCAN needs, tried once on a key that is not there.</summary>
/// <param name="HasExpireTime">The server has PEXPIRETIME (7.0), and lets us use it.</param>
/// <param name="HasGetRange">The server lets us use GETRANGE.</param>
internal sealed record ScanRights(bool HasExpireTime, bool HasGetRange)
{
    // A key that nobody has, or that does no harm if somebody has it: all these commands only read.
    public const string AnyKey = "godwit:probe";

    /// <summary>Tries.</summary>
    /// <exception cref="RefusedException">A command is missing or not permitted.</exception>
    /// <exception cref="ServerErrorException">The server cannot tell now.</exception>
    public static async Task<ScanRights> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await TryAsync(connection, "SCAN", cancellationToken, "SCAN", "0", "COUNT", "1").ConfigureAwait(false);
        await TryAsync(connection, "DUMP", cancellationToken, "DUMP", AnyKey).ConfigureAwait(false);
        await TryAsync(connection, "SELECT", cancellationToken, "SELECT", connection.Endpoint.Database ?? 0)
            .ConfigureAwait(false);

        var range = await connection
            .TryExecuteAsync(cancellationToken, "GETRANGE", AnyKey, "0", "0")
            .ConfigureAwait(false);
        var hasGetRange = range.Kind == RespKind.BulkString;
        var expireTime = await connection
            .TryExecuteAsync(cancellationToken, "PEXPIRETIME", AnyKey)
            .ConfigureAwait(false);
        if (IsPermitted(expireTime))
            return new ScanRights(true, hasGetRange);

        await TryAsync(connection, "PTTL", cancellationToken, "PTTL", AnyKey).ConfigureAwait(false);
        await TryAsync(connection, "TIME", cancellationToken, "TIME").ConfigureAwait(false);
        return new ScanRights(false, hasGetRange);
    }

    /// <summary>The refusal where a server does not say which of its databases hold keys.</summary>
    public static RefusedException UnknownDatabases(RedisConnection connection) =>
        new(
            $"{connection.Endpoint} does not tell us which databases hold keys: INFO is refused",
            "Let the user run it (ACL SETUSER name +info), or name one database, as in redis://host/0."
        );

    // A node of a cluster that does not have the key's slot says who has it, once it has found nothing else to object to.
    /// <summary>True unless a command on <see cref="AnyKey"/> was refused.</summary>
    public static bool IsPermitted(RespValue reply) =>
        !reply.IsError || ServerErrorException.CodeOf(reply.Text) is "MOVED" or "ASK";

    private static async Task TryAsync(
        RedisConnection connection,
        string name,
        CancellationToken cancellationToken,
        params RespArgument[] command
    )
    {
        var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        if (IsPermitted(reply))
            return;

        // A server that is loading its data, say, will let us.
        var error = ServerErrorException.Of(connection.Endpoint, name, reply.Bytes.Span);
        if (error.IsTransient)
            throw error;

        throw new RefusedException(
            $"{connection.Endpoint} does not let us read it with SCAN: it answered {name} with: "
                + ServerErrorException.Clean(reply.Bytes.Span),
            $"Let the user run it: ACL SETUSER name +scan +dump +pttl +pexpiretime +time +select +info ~*, or use --read sync."
        );
    }
}
