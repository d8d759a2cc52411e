using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// Works out, to the millisecond, when keys expire on a server that says only how long they still have (before 7.0). PTTL is
/// asked between two TIMEs: if both tell the same millisecond, then PTTL was answered in it, and the sum is exact.
/// </summary>
internal sealed class ExpiryClock(RedisConnection connection)
{
    private const long DoesNotExpire = -1;
    private const long KeyIsGone = -2;

    // So many tries without a millisecond that held still means a server whose clock cannot be read; the last sum is then off
    // by as much as the two TIMEs differ.
    private const int MaxTries = 100;

    private readonly List<int> _open = [];

    /// <summary>
    /// Replaces what PTTL said by Unix milliseconds, in every entry of the batch that expires. Nothing else may be on its way
    /// on the connection.
    /// </summary>
    public async ValueTask SetExpiriesAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        _open.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.Entries[i].ExpireAt != Entry.None)
                _open.Add(i);
        }

        for (var tries = 1; _open.Count > 0; tries++)
        {
            Ask(batch);
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            var stillOpen = 0;
            for (var i = 0; i < _open.Count; i++)
            {
                var index = _open[i];
                var before = Milliseconds(await ReadAsync("TIME", cancellationToken).ConfigureAwait(false));
                var left = (await ReadAsync("PTTL", cancellationToken).ConfigureAwait(false)).Integer;
                var after = Milliseconds(await ReadAsync("TIME", cancellationToken).ConfigureAwait(false));
                if (left >= 0 && before != after && tries < MaxTries)
                    _open[stillOpen++] = index;
                else
                    batch.SetExpiry(
                        index,
                        left switch
                        {
                            DoesNotExpire => Entry.None,
                            // Its time was over after its value was read.
                            KeyIsGone => before,
                            _ => before + left,
                        }
                    );
            }

            _open.RemoveRange(stillOpen, _open.Count - stillOpen);
        }
    }

    /// <summary>When one key expires, in Unix milliseconds, or <see cref="Entry.None"/>. Of one that is gone, a moment that is over.</summary>
    public async ValueTask<long> AskAsync(byte[] key, CancellationToken cancellationToken)
    {
        using var batch = new EntryBatch();
        batch.AddCopy(new Entry { ExpireAt = 0 }, key, []);
        await SetExpiriesAsync(batch, cancellationToken).ConfigureAwait(false);
        return batch.Entries[0].ExpireAt;
    }

    private void Ask(EntryBatch batch)
    {
        var writer = new RespWriter(connection.Output);
        foreach (var index in _open)
        {
            writer.WriteCommand("TIME");
            writer.WriteArrayHeader(2);
            writer.WriteBulk("PTTL"u8);
            writer.WriteBulk(batch.Key(batch.Entries[index]));
            writer.WriteCommand("TIME");
        }
    }

    private static long Milliseconds(RespValue time) => (time.Items[0].Integer * 1000) + (time.Items[1].Integer / 1000);

    private async ValueTask<RespValue> ReadAsync(string command, CancellationToken cancellationToken)
    {
        var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        return reply.IsError ? throw ServerErrorException.Of(connection.Endpoint, command, reply.Bytes.Span) : reply;
    }
}
