using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces;

/// <summary>Waits for replies that are looked at where they lie.</summary>
internal static class WholeReply
{
    /// <summary>The next reply, whole. It lies in the input until that is advanced over it.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> WaitAsync(RespInput input, CancellationToken cancellationToken)
    {
        var measure = new ReplyMeasure();
        int length;
        while (!measure.TryMeasure(input.Buffered, out length))
            await input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        return input.BufferedMemory[..length];
    }

    /// <summary>Every string of the next reply, however they are nested.</summary>
    /// <exception cref="ServerErrorException">The reply is an error.</exception>
    public static async ValueTask<List<byte[]>> ReadStringsAsync(
        RedisConnection connection,
        string command,
        CancellationToken cancellationToken
    )
    {
        var reply = await WaitAsync(connection.Input, cancellationToken).ConfigureAwait(false);
        var strings = Strings(connection, command, reply.Span);
        connection.Input.Advance(reply.Length);
        return strings;
    }

    private static List<byte[]> Strings(RedisConnection connection, string command, ReadOnlySpan<byte> reply)
    {
        var strings = new List<byte[]>();
        var reader = new RespReader(reply);
        while (reader.TryRead(out var token))
        {
            if (token.IsError)
                throw ServerErrorException.Of(connection.Endpoint, command, token.Bytes);
            if (!token.IsAggregate)
                strings.Add(token.Bytes.ToArray());
        }

        return strings;
    }
}
