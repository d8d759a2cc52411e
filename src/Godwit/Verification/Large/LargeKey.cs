using Godwit.Connections;
using Godwit.Protocol.Resp;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification.Large;

/// <summary>One side's key of a pair that is compared in pieces.</summary>
internal readonly record struct LargeKey(KeyspaceView View, int Database, byte[] Key)
{
    /// <summary>Asks one question, which names the key itself.</summary>
    /// <exception cref="ServerErrorException">The server refuses it.</exception>
    public async Task<RespValue> AskAsync(CancellationToken cancellationToken, params RespArgument[] command)
    {
        var connection = await View.ConnectionAsync(Database, Key, cancellationToken).ConfigureAwait(false);
        return await connection.ExecuteAsync(cancellationToken, command).ConfigureAwait(false);
    }

    /// <summary>As <see cref="AskAsync"/>; null where the server does not know the command.</summary>
    public async Task<RespValue?> TryAskAsync(CancellationToken cancellationToken, params RespArgument[] command)
    {
        var connection = await View.ConnectionAsync(Database, Key, cancellationToken).ConfigureAwait(false);
        var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        if (!reply.IsError)
            return reply;

        var error = ServerErrorException.Of(connection.Endpoint, command[0].Text!, reply.Bytes.Span);
        return error.ServerMessage.Contains("unknown command", StringComparison.OrdinalIgnoreCase) ? null : throw error;
    }

    /// <summary>Asks the same question about each of many names.</summary>
    public async Task<RespValue[]> AskEachAsync(
        string command,
        IReadOnlyList<ReadOnlyMemory<byte>> names,
        CancellationToken cancellationToken
    )
    {
        var connection = await View.ConnectionAsync(Database, Key, cancellationToken).ConfigureAwait(false);
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
    }
}
