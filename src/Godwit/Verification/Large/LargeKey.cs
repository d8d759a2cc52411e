using Godwit.Connections;
using Godwit.Protocol.Resp;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification.Large;

/// <summary>
/// One side's key of a pair that is compared in pieces, all of them by the same server: what a scan has come to with one says nothing to
/// another.
/// </summary>
internal sealed class LargeKey
{
    /// <summary>How often its server may be lost. Each time it is waited for another one; more is no failover.</summary>
    public const int MostLosses = 8;

    private LargeKey(KeyspaceView view, int database, byte[] key, RedisConnection connection) =>
        (View, Database, Key, Connection) = (view, database, key, connection);

    /// <summary>Its side.</summary>
    public KeyspaceView View { get; }

    /// <summary>Its database.</summary>
    public int Database { get; }

    /// <summary>Its name.</summary>
    public byte[] Key { get; }

    /// <summary>
    /// No question depends on what was answered before, so that where its server is lost or does not have it any more the next one can be
    /// asked. Default: off.
    /// </summary>
    public bool MayGoOnElsewhere { get; init; }

    private RedisConnection Connection { get; set; }

    /// <summary>Finds out who has it.</summary>
    /// <param name="view">Its side.</param>
    /// <param name="database">Its database.</param>
    /// <param name="key">Its name.</param>
    /// <param name="mayGoOnElsewhere">See <see cref="MayGoOnElsewhere"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<LargeKey> FindAsync(
        KeyspaceView view,
        int database,
        byte[] key,
        bool mayGoOnElsewhere,
        CancellationToken cancellationToken
    )
    {
        var connection = await view.ConnectionAsync(database, key, cancellationToken).ConfigureAwait(false);
        return new LargeKey(view, database, key, connection) { MayGoOnElsewhere = mayGoOnElsewhere };
    }

    /// <summary>
    /// Asks both sides the same question at the same time. Both have answered when it ends: no answer is left for the next question.
    /// </summary>
    /// <exception cref="ServerErrorException">A server refuses it.</exception>
    public static async Task<(RespValue Ours, RespValue Theirs)> AskBothAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken,
        params RespArgument[] command
    )
    {
        var replies = await Task.WhenAll(
                theirs.AskAsync(cancellationToken, command),
                ours.AskAsync(cancellationToken, command)
            )
            .ConfigureAwait(false);
        return (replies[1], replies[0]);
    }

    /// <summary>Asks one question, which names the key itself.</summary>
    /// <exception cref="ServerErrorException">The server refuses it.</exception>
    public Task<RespValue> AskAsync(CancellationToken cancellationToken, params RespArgument[] command) =>
        AskAsync(connection => connection.ExecuteAsync(cancellationToken, command), cancellationToken);

    /// <summary>As <see cref="AskAsync(CancellationToken, RespArgument[])"/>; null where the server does not know the command.</summary>
    public Task<RespValue?> TryAskAsync(CancellationToken cancellationToken, params RespArgument[] command) =>
        AskAsync<RespValue?>(
            async connection =>
            {
                var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
                if (!reply.IsError)
                    return reply;

                var error = ServerErrorException.Of(connection.Endpoint, command[0].Text!, reply.Bytes.Span);
                return error.ServerMessage.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
                    ? null
                    : throw error;
            },
            cancellationToken
        );

    /// <summary>Asks the same question about each of many names.</summary>
    public Task<RespValue[]> AskEachAsync(
        string command,
        IReadOnlyList<ReadOnlyMemory<byte>> names,
        CancellationToken cancellationToken
    ) =>
        AskAsync(
            async connection =>
            {
                foreach (var name in names)
                    new RespWriter(connection.Output).WriteCommand(command, Key, name);
                await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
                var replies = new RespValue[names.Count];
                ServerErrorException? failure = null;
                for (var i = 0; i < replies.Length; i++)
                {
                    replies[i] = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
                    if (replies[i].IsError)
                        failure ??= ServerErrorException.Of(connection.Endpoint, command, replies[i].Bytes.Span);
                }

                // All replies have been read, so the connection is still in order.
                return failure is null ? replies : throw failure;
            },
            cancellationToken
        );

    /// <summary>Is told that a connection was lost.</summary>
    /// <returns>True if it was this key's, and whoever takes the server's place can be asked.</returns>
    public async ValueTask<bool> TryLoseAsync(ConnectionException loss, CancellationToken cancellationToken) =>
        loss.IsTransient
        && loss.Endpoint == Connection.Endpoint.ToString()
        && await View.TryLoseAsync(Connection, cancellationToken).ConfigureAwait(false);

    private async Task<T> AskAsync<T>(Func<RedisConnection, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var losses = 0; ; losses++)
        {
            try
            {
                return await ask(Connection).ConfigureAwait(false);
            }
            catch (ConnectionException exception) when (MayGoOnElsewhere && losses < MostLosses)
            {
                if (!await TryLoseAsync(exception, cancellationToken).ConfigureAwait(false))
                    throw;
            }
            catch (ServerErrorException exception)
                when (MayGoOnElsewhere && losses < MostLosses && exception.SendsElsewhere)
            {
                // Whoever has it now is found out below.
            }

            Connection = await View.ConnectionAsync(Database, Key, cancellationToken).ConfigureAwait(false);
        }
    }
}
