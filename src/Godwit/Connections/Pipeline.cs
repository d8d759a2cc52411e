using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>Many small questions in one round trip.</summary>
internal static class Pipeline
{
    /// <summary>Sends all commands, then reads all replies, in their order. An error is a value.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public static async Task<IReadOnlyList<RespValue>> AskAsync(
        RedisConnection connection,
        IEnumerable<RespArgument[]> commands,
        CancellationToken cancellationToken
    )
    {
        var count = 0;
        foreach (var command in commands)
        {
            new RespWriter(connection.Output).WriteCommand(command);
            count++;
        }

        var replies = new RespValue[count];
        if (count > 0)
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < count; i++)
            replies[i] = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        return replies;
    }
}
