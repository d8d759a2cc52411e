using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Lanes;

/// <summary>An error among the replies to a transaction.</summary>
/// <param name="Command">Number of the command between MULTI and EXEC, from 0; -1 for those two.</param>
/// <param name="Text">The error's text as the target wrote it.</param>
internal readonly record struct LaneError(int Command, string Text);

/// <summary>Reads the replies to a transaction: none is passed over, and those that say that all is well cost next to nothing.</summary>
internal sealed class LaneReplies(RespInput input)
{
    private static ReadOnlySpan<byte> Queued => "+QUEUED\r\n"u8;

    /// <summary>Reads what MULTI and the commands behind it are answered before EXEC.</summary>
    /// <returns>What was refused; the transaction is then as good as discarded.</returns>
    public async ValueTask<IReadOnlyList<LaneError>> ReadQueuedAsync(int commands, CancellationToken cancellationToken)
    {
        List<LaneError>? errors = null;
        for (var index = -1; index < commands; )
        {
            if (input.Buffered.StartsWith(Queued))
            {
                input.Advance(Queued.Length);
                index++;
                continue;
            }

            // Read whole: an error, MULTI's OK, or the part of a reply that has come so far.
            var reply = await input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError)
                (errors ??= []).Add(new LaneError(index, reply.Text));
            index++;
        }

        return errors ?? (IReadOnlyList<LaneError>)[];
    }

    /// <summary>Reads what EXEC is answered.</summary>
    /// <returns>The commands that failed; a single error for EXEC itself if nothing was applied.</returns>
    public async ValueTask<IReadOnlyList<LaneError>> ReadExecutedAsync(
        int commands,
        CancellationToken cancellationToken
    )
    {
        var count = await ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        if (count.Error is { } refused)
            return [new LaneError(-1, refused)];
        if (count.Value != commands)
            return [new LaneError(-1, $"ERR it ran {count.Value} of {commands} commands")];

        List<LaneError>? errors = null;
        for (var index = 0; index < commands; )
        {
            if (TryPassSimple(input))
            {
                index++;
                continue;
            }

            var error = await ReadErrorAsync(cancellationToken).ConfigureAwait(false);
            if (error is not null)
                (errors ??= []).Add(new LaneError(index, error));
            index++;
        }

        return errors ?? (IReadOnlyList<LaneError>)[];
    }

    /// <summary>Reads the reply to one command.</summary>
    /// <returns>The text of an error; null where all is well.</returns>
    public ValueTask<string?> ReadOneAsync(CancellationToken cancellationToken) =>
        TryPassSimple(input) ? ValueTask.FromResult<string?>(null) : ReadErrorAsync(cancellationToken);

    private async ValueTask<(int Value, string? Error)> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryReadHead(out var head))
                return head;
            await input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TryReadHead(out (int Value, string? Error) head)
    {
        head = default;
        var reader = input.Reader();
        if (!reader.TryRead(out var token))
            return false;

        head = (token.Count, token.IsError ? System.Text.Encoding.UTF8.GetString(token.Bytes) : null);
        input.Advance(reader.Consumed);
        return true;
    }

    // By far the most frequent ones: "+OK", ":1".
    private static bool TryPassSimple(RespInput input)
    {
        var buffered = input.Buffered;
        if (buffered.Length == 0 || buffered[0] is not ((byte)'+' or (byte)':'))
            return false;

        var end = buffered.IndexOf((byte)'\n');
        if (end < 0)
            return false;

        input.Advance(end + 1);
        return true;
    }

    // The text of a reply that is an error; null for any other, which is passed over without being copied.
    private async ValueTask<string?> ReadErrorAsync(CancellationToken cancellationToken)
    {
        var measure = new ReplyMeasure();
        while (true)
        {
            if (measure.TryMeasure(input.Buffered, out var length))
            {
                var isError = input.Buffered[0] is (byte)'-' or (byte)'!';
                var text = isError ? RespValue.Parse(input.Buffered[..length]).Text : null;
                input.Advance(length);
                return text;
            }

            await input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
