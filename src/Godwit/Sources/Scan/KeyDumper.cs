using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// Reads named keys of the chosen database: DUMP of each, then when it expires. In this order a key that is renewed in between
/// may be given its older value, never one without the expiry that belongs to it.
/// </summary>
/// <param name="connection">Used by nobody else meanwhile.</param>
/// <param name="hasExpireTime">The server has PEXPIRETIME (7.0). Without it the moment is worked out by <see cref="ExpiryClock"/>.</param>
/// <param name="budget">Gives the buffers.</param>
/// <param name="pace">How fast bytes may come; null: as fast as it goes.</param>
internal sealed class KeyDumper(RedisConnection connection, bool hasExpireTime, BufferBudget budget, Pace? pace)
    : IDisposable
{
    private const long KeyIsGone = -2;
    private const string NoPermission = "NOPERM";

    private readonly PayloadBatchBuilder _builder = new(budget);
    private readonly ExpiryClock _clock = new(connection);
    private readonly List<(byte[] Key, string Reason)> _forbidden = [];
    private long _bytes;
    private long _payloads;
    private long _paced = connection.Input.BytesRead;

    /// <summary>Several rounds may be on the way at once: no question of one needs the answer to another.</summary>
    public bool CanOverlap => hasExpireTime;

    /// <summary>Bytes of a payload, on average over the last round that had any; null before that.</summary>
    public long? AveragePayload { get; private set; }

    /// <summary>How many keys were not there any more.</summary>
    public int Vanished { get; private set; }

    /// <summary>Keys that the server's access rules keep from us, each with its words.</summary>
    public IReadOnlyList<(byte[] Key, string Reason)> Forbidden => _forbidden;

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
            writer.WriteBulk(ExpiryCommand);
            writer.WriteBulk(key);
        }
    }

    /// <summary>Reads the answers to <see cref="Ask"/>, in as many batches as it takes.</summary>
    /// <exception cref="ServerErrorException">The server refused one, and not for the key's sake.</exception>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        byte[][] keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Vanished = 0;
        _forbidden.Clear();
        var (bytesBefore, payloadsBefore) = (_bytes, _payloads);
        ExceptionDispatchInfo? broken = null;
        var waiting = new List<EntryBatch>();
        long held = 0;

        // Some of it may have come together with the answer to SCAN.
        await KeepPaceAsync(cancellationToken).ConfigureAwait(false);
        for (var read = 0; read < keys.Length || _builder.Count > 0; )
        {
            var needed = 0;
            try
            {
                if (ReadBuffered(database, keys, ref read, ref needed) == Progress.NeedsMore)
                {
                    await connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
                    await KeepPaceAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }
            }
            catch (GodwitException exception)
            {
                broken = ExceptionDispatchInfo.Capture(exception);
                break;
            }

            if (_builder.Take() is { } batch)
            {
                if (hasExpireTime)
                {
                    yield return batch;
                }
                else
                {
                    waiting.Add(batch);
                    held += batch.Capacity;
                }
            }

            if (needed > 0)
                await _builder.BeginAsync(needed, held, cancellationToken).ConfigureAwait(false);
        }

        if (_payloads > payloadsBefore)
            AveragePayload = (_bytes - bytesBefore) / (_payloads - payloadsBefore);

        if (broken is not null)
        {
            // What has its expiry is whole and goes along.
            if (hasExpireTime && _builder.Take() is { } last)
                yield return last;
            broken.Throw();
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

    private Progress ReadBuffered(int database, byte[][] keys, ref int read, ref int needed)
    {
        while (read < keys.Length)
        {
            var reader = connection.Input.Reader();
            if (!reader.TryRead(out var dump) || !reader.TryRead(out var expiry))
                return Progress.NeedsMore;

            if (WhyForbidden(dump, "DUMP") is { } reason || (reason = WhyForbidden(expiry, ExpiryCommand)) is not null)
            {
                _forbidden.Add((keys[read], reason));
            }
            else if (dump.IsNull || Number(expiry) == KeyIsGone)
            {
                Vanished++;
            }
            else
            {
                if (!_builder.HasRoomFor(keys[read].Length, dump.Bytes.Length))
                {
                    needed = checked(keys[read].Length + dump.Bytes.Length);
                    return Progress.BatchIsFull;
                }

                _builder.Add(database, keys[read], dump.Bytes, expiry.Integer);
                _bytes += dump.Bytes.Length;
                _payloads++;
            }

            connection.Input.Advance(reader.Consumed);
            read++;
        }

        return Progress.Done;
    }

    /// <inheritdoc/>
    public void Dispose() => _builder.Dispose();

    // While we wait the server is held back by its connection, even in the middle of a large value.
    private ValueTask KeepPaceAsync(CancellationToken cancellationToken)
    {
        if (pace is null)
            return ValueTask.CompletedTask;

        var since = connection.Input.BytesRead - _paced;
        _paced += since;
        return pace.TakeAsync(since, cancellationToken);
    }

    private string ExpiryCommand => hasExpireTime ? "PEXPIRETIME" : "PTTL";

    private string? WhyForbidden(in RespToken token, string command)
    {
        if (!token.IsError)
            return null;

        var error = ServerErrorException.Of(connection.Endpoint, command, token.Bytes);
        return error.Code == NoPermission ? $"the source answered: {error.ServerMessage}" : throw error;
    }

    // Anything else must not pass for the year 1970.
    private long Number(in RespToken expiry) =>
        expiry.Kind == RespKind.Integer
            ? expiry.Integer
            : throw new ProtocolException(
                connection.Input.BytesRead,
                $"an integer from {ExpiryCommand}",
                $"{expiry.Kind}"
            );
}
