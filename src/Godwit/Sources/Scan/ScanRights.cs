using Godwit.Connections;
using Godwit.Migration;

namespace Godwit.Sources.Scan;

/// <summary>What reading by SCAN needs, tried once on a key that is not there.</summary>
/// <param name="HasExpireTime">The server has PEXPIRETIME (7.0), and lets us use it.</param>
internal sealed record ScanRights(bool HasExpireTime)
{
    // A key that nobody has, or that does no harm if somebody has it: all these commands only read.
    public const string AnyKey = "godwit:probe";

    /// <summary>Tries.</summary>
    /// <exception cref="RefusedException">A command is missing or not permitted.</exception>
    public static async Task<ScanRights> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await TryAsync(connection, "SCAN", cancellationToken, "SCAN", "0", "COUNT", "1").ConfigureAwait(false);
        await TryAsync(connection, "DUMP", cancellationToken, "DUMP", AnyKey).ConfigureAwait(false);
        await TryAsync(connection, "SELECT", cancellationToken, "SELECT", connection.Endpoint.Database ?? 0)
            .ConfigureAwait(false);

        var expireTime = await connection
            .TryExecuteAsync(cancellationToken, "PEXPIRETIME", AnyKey)
            .ConfigureAwait(false);
        if (!expireTime.IsError)
            return new ScanRights(true);

        await TryAsync(connection, "PTTL", cancellationToken, "PTTL", AnyKey).ConfigureAwait(false);
        await TryAsync(connection, "TIME", cancellationToken, "TIME").ConfigureAwait(false);
        return new ScanRights(false);
    }

    /// <summary>The refusal where a server does not say which of its databases hold keys.</summary>
    public static RefusedException UnknownDatabases(RedisConnection connection) =>
        new(
            $"{connection.Endpoint} does not tell us which databases hold keys: INFO is refused",
            "Let the user run it (ACL SETUSER name +info), or name one database, as in redis://host/0."
        );

    private static async Task TryAsync(
        RedisConnection connection,
        string name,
        CancellationToken cancellationToken,
        params Protocol.Resp.RespArgument[] command
    )
    {
        var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        if (!reply.IsError)
            return;

        throw new RefusedException(
            $"{connection.Endpoint} does not let us read it with SCAN: it answered {name} with: "
                + ServerErrorException.Clean(reply.Bytes.Span),
            $"Let the user run it: ACL SETUSER name +scan +dump +pttl +pexpiretime +time +select +info ~*, or use --read sync."
        );
    }
}
