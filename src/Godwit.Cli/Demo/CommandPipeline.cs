using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Cli.Demo;

/// <summary>Many commands to one server without a wait for each.</summary>
internal static class CommandPipeline
{
    // Enough to hide the way there and back; neither side has to hold much of the other's words.
    private const int CommandsOnTheWay = 256;

    /// <summary>Sends them in order.</summary>
    /// <returns>The replies in the same order.</returns>
    /// <exception cref="ServerErrorException">The server refused one.</exception>
    public static async Task<IReadOnlyList<RespValue>> SendAsync(
        RedisConnection connection,
        IEnumerable<RespArgument[]> commands,
        CancellationToken cancellationToken
    )
    {
        var replies = new List<RespValue>();
        foreach (var chunk in commands.Chunk(CommandsOnTheWay))
        {
            foreach (var command in chunk)
                new RespWriter(connection.Output).WriteCommand(command);
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            foreach (var command in chunk)
            {
                var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
                if (reply.IsError)
                    throw ServerErrorException.Of(connection.Endpoint, CommandName.Of(command), reply.Bytes.Span);
                replies.Add(reply);
            }
        }

        return replies;
    }
}
