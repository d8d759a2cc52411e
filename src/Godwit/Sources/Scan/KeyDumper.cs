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
    private const string Moved = "MOVED";
    private const string SentOn = "ASK";

    private RedisConnection _connection = connection;
    private readonly PayloadBatchBuilder _builder = new(budget);
    private ExpiryClock _clock = new(connection);
    private readonly List<byte[]> _vanished = [];
    private readonly List<(byte[] Key, string Reason)> _forbidden = [];
    private readonly List<(byte[] Key, string Error)> _elsewhere = [];
    private long _bytes;
    private long _payloads;
    private long _paced = connection.Input.BytesRead;

    /// <summary>Several rounds may be on the way at once: no question of one needs the answer to another.</summary>
    public bool CanOverlap => hasExpireTime;

    /// <summary>Bytes of a payload, on average over the last round that had any; null before that.</summary>
    public long? AveragePayload { get; private set; }

    /// <summary>
    /// The server belongs to a cluster and may send us to another one: such keys are <see cref="Elsewhere"/>. Otherwise that is
    /// an error.
    /// </summary>
    public bool IsOfCluster { get; init; }

    /// <summary>Each key is in a slot that is coming to this server, which gives it only to who says ASKING.</summary>
    public bool SaysAsking { get; init; }

    /// <summary>Keys that were not there any more.</summary>
    public IReadOnlyList<byte[]> Vanished => _vanished;

    /// <summary>Keys that another server of the cluster has, or their slot, each with the words that say which.</summary>
    public IReadOnlyList<(byte[] Key, string Error)> Elsewhere => _elsewhere;

    /// <summary>Keys that the server's access rules keep from us, each with its words.</summary>
    public IReadOnlyList<(byte[] Key, string Reason)> Forbidden => _forbidden;

    /// <summary>Takes another connection in place of the one so far. What was asked over that one is not answered any more.</summary>
    public void GoOnOver(RedisConnection other)
    {
        _connection = other;
        _clock = new ExpiryClock(other);
        _paced = other.Input.BytesRead;
    }

    /// <summary>Asks for the keys. The commands wait for a flush.</summary>
    public void Ask(byte[][] keys)
    {
        var writer = new RespWriter(_connection.Output);
        foreach (var key in keys)
        {
            WriteAsking(writer);
            writer.WriteArrayHeader(2);
            writer.WriteBulk("DUMP"u8);
            writer.WriteBulk(key);
            WriteAsking(writer);
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
        _vanished.Clear();
        _forbidden.Clear();
        _elsewhere.Clear();
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
                    await _connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
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
            var reader = _connection.Input.Reader();
            if (
                !TryReadAsking(ref reader)
                || !reader.TryRead(out var dump)
                || !TryReadAsking(ref reader)
                || !reader.TryRead(out var expiry)
            )
            {
                return Progress.NeedsMore;
            }

            if (dump.IsError || expiry.IsError)
            {
                KeepError(keys[read], dump, expiry);
            }
            else if (dump.IsNull || Number(expiry) == KeyIsGone)
            {
                _vanished.Add(keys[read]);
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

            _connection.Input.Advance(reader.Consumed);
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

        var since = _connection.Input.BytesRead - _paced;
        _paced += since;
        return pace.TakeAsync(since, cancellationToken);
    }

    private string ExpiryCommand => hasExpireTime ? "PEXPIRETIME" : "PTTL";

    private void WriteAsking(RespWriter writer)
    {
        if (!SaysAsking)
            return;
        writer.WriteArrayHeader(1);
        writer.WriteBulk("ASKING"u8);
    }

    private bool TryReadAsking(ref RespReader reader)
    {
        if (!SaysAsking)
            return true;
        if (!reader.TryRead(out var reply))
            return false;
        return reply.IsError ? throw ServerErrorException.Of(_connection.Endpoint, "ASKING", reply.Bytes) : true;
    }

    // What was answered to one of the two; the key's other answer, if there is one, has no use.
    private void KeepError(byte[] key, in RespToken dump, in RespToken expiry)
    {
        var error = dump.IsError
            ? ServerErrorException.Of(_connection.Endpoint, "DUMP", dump.Bytes)
            : ServerErrorException.Of(_connection.Endpoint, ExpiryCommand, expiry.Bytes);
        if (error.Code == NoPermission)
            _forbidden.Add((key, $"the source answered: {error.ServerMessage}"));
        else if (IsOfCluster && error.Code is (Moved or SentOn))
            _elsewhere.Add((key, error.ServerMessage));
        else
            throw error;
    }

    // Anything else must not pass for the year 1970.
    private long Number(in RespToken expiry) =>
        expiry.Kind == RespKind.Integer
            ? expiry.Integer
            : throw new ProtocolException(
                _connection.Input.BytesRead,
                $"an integer from {ExpiryCommand}",
                $"{expiry.Kind}"
            );
}
