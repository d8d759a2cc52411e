using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// Reads named keys of the chosen database: DUMP of each, then when it expires. In this order a key that is renewed in between
/// may be given its older value, never one without the expiry that belongs to it.
/// </summary>
/// <param name="connection">Used by nobody else meanwhile.</param>
/// <param name="hasExpireTime">The server has PEXPIRETIME (7.0). Without it the moment is worked out by <see cref="ExpiryClock"/>.</param>
internal sealed class KeyDumper(RedisConnection connection, bool hasExpireTime) : IDisposable
{
    private const long KeyIsGone = -2;

    private readonly PayloadBatchBuilder _builder = new();
    private readonly ExpiryClock _clock = new(connection);

    /// <summary>Several rounds may be on the way at once: no question of one needs the answer to another.</summary>
    public bool CanOverlap => hasExpireTime;

    /// <summary>How many keys were not there any more.</summary>
    public int Vanished { get; private set; }

    /// <summary>Asks for the keys. The commands wait for a flush.</summary>
    public void Ask(byte[][] keys)
    {
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
        {
            writer.WriteArrayHeader(2);
            writer.WriteBulk("DUMP"u8);
            writer.WriteBulk(key);
            writer.WriteArrayHeader(2);
            writer.WriteBulk(hasExpireTime ? "PEXPIRETIME"u8 : "PTTL"u8);
            writer.WriteBulk(key);
        }
    }

    /// <summary>Reads the answers to <see cref="Ask"/>, in as many batches as it takes.</summary>
    /// <exception cref="ServerErrorException">The server refused one.</exception>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        byte[][] keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Vanished = 0;
        var waiting = new List<EntryBatch>();
        for (var read = 0; read < keys.Length || _builder.Count > 0; )
        {
            if (ReadBuffered(database, keys, ref read) == Progress.NeedsMore)
                await connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
            else if (_builder.Take() is { } batch)
            {
                if (hasExpireTime)
                    yield return batch;
                else
                    waiting.Add(batch);
            }
        }

        // The clock asks questions of its own, so all that was asked must have been answered.
        foreach (var batch in waiting)
        {
            await _clock.SetExpiriesAsync(batch, cancellationToken).ConfigureAwait(false);
            yield return batch;
        }
    }

    private enum Progress
    {
        NeedsMore,
        BatchIsFull,
        Done,
    }

    private Progress ReadBuffered(int database, byte[][] keys, ref int read)
    {
        while (read < keys.Length)
        {
            var reader = connection.Input.Reader();
            if (!reader.TryRead(out var dump) || !reader.TryRead(out var expiry))
                return Progress.NeedsMore;

            ThrowIfError(dump, "DUMP");
            ThrowIfError(expiry, "PEXPIRETIME");
            if (dump.Kind == RespKind.Null || expiry.Integer == KeyIsGone)
            {
                Vanished++;
            }
            else
            {
                if (!_builder.HasRoomFor(keys[read].Length, dump.Bytes.Length))
                    return Progress.BatchIsFull;
                _builder.Add(database, keys[read], dump.Bytes, expiry.Integer);
            }

            connection.Input.Advance(reader.Consumed);
            read++;
        }

        return Progress.Done;
    }

    /// <inheritdoc/>
    public void Dispose() => _builder.Dispose();

    private void ThrowIfError(in RespToken token, string command)
    {
        if (token.Kind is RespKind.Error or RespKind.BulkError)
            throw ServerErrorException.Of(connection.Endpoint, command, token.Bytes);
    }
}
