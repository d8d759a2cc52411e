using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Live;

/// <summary>Asks a server the same about many keys at once.</summary>
internal static class KeyQuestions
{
    /// <summary>Keys to ask for at once: enough to hide the way there and back.</summary>
    public const int KeysAtOnce = 512;

    /// <summary>Sends a command for each key over a connection that nobody else uses, and gives the numbers that it answers.</summary>
    /// <exception cref="ServerErrorException">It answered an error.</exception>
    public static async Task<List<long>> AskAllAsync(
        RedisConnection connection,
        string command,
        ReadOnlyMemory<byte>[] keys,
        CancellationToken cancellationToken
    )
    {
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand(command, key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var answers = new List<long>(keys.Length);
        foreach (var _ in keys)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError)
                throw ServerErrorException.Of(connection.Endpoint, command, reply.Bytes.Span);
            answers.Add(reply.Integer);
        }

        connection.Settle();
        return answers;
    }

    /// <summary>The next keys of the chosen database, and the cursor behind them.</summary>
    public static async Task<(string Cursor, ReadOnlyMemory<byte>[] Keys)> ScanAsync(
        RedisConnection connection,
        string cursor,
        CancellationToken cancellationToken
    )
    {
        var scan = await connection
            .ExecuteAsync(cancellationToken, "SCAN", cursor, "COUNT", KeysAtOnce)
            .ConfigureAwait(false);
        return (scan.Items[0].Text, [.. scan.Items[1].Items.Select(key => key.Bytes)]);
    }

    /// <summary>The databases of a server that hold keys.</summary>
    public static async Task<IReadOnlyList<int>> DatabasesAsync(
        RedisConnection connection,
        CancellationToken cancellationToken
    )
    {
        var info = await connection.ExecuteAsync(cancellationToken, "INFO", "keyspace").ConfigureAwait(false);
        return [.. ServerInfo.Parse(info.Text).Keyspaces.Select(keyspace => keyspace.Database)];
    }
}
