using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using Godwit.Batches;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Rdb;

/// <summary>
/// Turns the bytes of one RDB file or snapshot into batches. Bytes are read straight into the buffer that then travels as the
/// batch: values are stepped over where they lie, and neither copied nor decoded.
/// </summary>
/// <param name="read">Reads some bytes: at least one, or 0 at the end.</param>
/// <param name="choice">Which entries belong to the source.</param>
/// <param name="limits">From which size on a value goes in pieces; null: never.</param>
/// <param name="budget">Gives the buffers.</param>
/// <param name="pace">How fast keys and bytes may come.</param>
internal sealed partial class SnapshotReader(
    Func<Memory<byte>, CancellationToken, ValueTask<int>> read,
    EntryChoice choice,
    LargeValueLimits? limits,
    BufferBudget budget,
    SourcePace pace
) : IDisposable
{
    // From the smallest buffer it is two steps to the largest value that is held whole.
    private const long MostRoomPerByte = 16;

    // A name can be as long as a value, and compressed to an eightieth of that: a buffer's worth of such is a multiple of it.
    private const int MostCopied = EntryBatch.DefaultBufferSize;

    private readonly RdbReader _reader = new();

    // A batch is handed out when it has so many entries, full or not, or so many bytes of names that were compressed.
    private readonly int _mostEntries = pace.Keys?.Quantum ?? int.MaxValue;

    // The buffer that is being filled, which belongs to the batch; what has come of the file lies before _used, and what has
    // been read of that before _position.
    private byte[] _buffer = [];
    private EntryBatch _batch = new();
    private int _used;
    private int _position;

    /// <summary>The version of the file; null before its first bytes have come.</summary>
    public RdbVersion? Version { get; private set; }

    /// <summary>
    /// The database that is selected where the stream of changes behind the snapshot begins. A primary selects one anew there;
    /// a replica passes on what its own primary says, and tells in the snapshot what that had selected last.
    /// </summary>
    /// <remarks><c>src/rdb.c</c>, rdbPopulateSaveInfo and rdbSaveInfoAuxFields.</remarks>
    public int StreamDatabase { get; private set; }

    /// <summary>What had been read already beyond the snapshot's end. Complete when the reading is.</summary>
    public byte[] Rest { get; private set; } = [];

    /// <summary>Reads to the snapshot's end.</summary>
    /// <exception cref="RdbFormatException">It is damaged or ends too early; all that came before has been handed out.</exception>
    /// <exception cref="GodwitException">It cannot be read any further; likewise.</exception>
    public IAsyncEnumerable<EntryBatch> ReadAsync(CancellationToken cancellationToken) =>
        pace.Keys is { } keys ? ReadAtPaceAsync(keys, cancellationToken) : ReadAllAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _batch.Dispose();
        _reader.Dispose();
    }

    private async IAsyncEnumerable<EntryBatch> ReadAtPaceAsync(
        Pace keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var batch in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await keys.TakeAsync(batch.Count, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                batch.Dispose();
                throw;
            }

            yield return batch;
        }
    }

    private async IAsyncEnumerable<EntryBatch> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        await ContinueAsync(0, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var progress = TryParse(ref failure);
            if (progress == Progress.Ended || failure is not null)
                break;

            if (progress == Progress.LargeValue)
            {
                var large = BeginLargeValue();
                try
                {
                    var earlier = await ContinueAsync(_used - _position, cancellationToken).ConfigureAwait(false);
                    if (earlier is not null)
                        yield return earlier;
                    if (large is not null)
                        yield return large;
                    failure = await ReadPiecesAsync(large?.Large, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    // Whoever has taken it must not wait for pieces when nobody reads on.
                    large?.Large!.End(new OperationCanceledException("The reading was stopped."));
                }

                if (failure is not null)
                    break;
                continue;
            }

            if (progress == Progress.BatchIsDue)
            {
                var rest = _used - _position;
                var due = await ContinueAsync(rest, room: rest, cancellationToken).ConfigureAwait(false);
                if (due is not null)
                    yield return due;
                continue;
            }

            // The entry that does not end here goes on in the next buffer.
            if (_used - _position == Array.MaxLength)
            {
                failure = TooLong();
                break;
            }

            if (_used == _buffer.Length)
            {
                var full = await ContinueAsync(_used - _position, cancellationToken).ConfigureAwait(false);
                if (full is not null)
                    yield return full;
            }

            failure = await FillAsync(cancellationToken).ConfigureAwait(false);
            if (failure is not null)
                break;
        }

        if (failure is null)
            Rest = _buffer.AsSpan(_position, _used - _position).ToArray();
        if (TakeBatch(new EntryBatch()) is { } last)
            yield return last;
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    private RdbFormatException TooLong() =>
        new(
            "One key has more than 2 GiB in a form that cannot be taken apart,",
            _reader.Offset,
            "Delete or split that key, or leave it out of the snapshot."
        );

    private enum Progress
    {
        NeedsMore,
        BatchIsDue,
        LargeValue,
        Ended,
    }

    private Progress TryParse(ref Exception? failure)
    {
        try
        {
            var progress = Parse(_buffer.AsSpan(0, _used));
            return progress == Progress.NeedsMore && IsLarge() ? Progress.LargeValue : progress;
        }
        catch (RdbFormatException exception)
        {
            failure = exception;
            return Progress.NeedsMore;
        }
    }

    private Progress Parse(ReadOnlySpan<byte> buffer)
    {
        while (_batch.Count < _mostEntries && _batch.Copied < MostCopied)
        {
            if (!_reader.TryRead(buffer, ref _position, out var item))
                return Progress.NeedsMore;

            switch (item.Kind)
            {
                case RdbItemKind.Header:
                    Version = _reader.Version;
                    _batch.Version = _reader.Version;
                    break;
                case RdbItemKind.Aux when item.Key(buffer).SequenceEqual("repl-stream-db"u8):
                    TakeStreamDatabase(item.Value(buffer));
                    break;
                case RdbItemKind.Entry
                    when !choice.IsOver(item.ExpireAt) && choice.Includes(item.Database, item.Key(buffer)):
                    Add(item, item.Key(buffer));
                    break;
                case RdbItemKind.Function:
                    AddFunction(item.Value(buffer));
                    break;
                case RdbItemKind.ModuleAux when choice.ModuleAux:
                    var name = Encoding.ASCII.GetBytes(ModuleName.Of(item.ModuleId));
                    _batch.AddCopy(new Entry { Kind = EntryKind.ModuleAux }, name, []);
                    break;
                case RdbItemKind.End:
                    return Progress.Ended;
            }
        }

        // Another buffer may only be given to a reader that wants more bytes, so it is shown the end of these.
        _reader.TryRead(buffer[.._position], ref _position, out _);
        return Progress.BatchIsDue;
    }

    private void TakeStreamDatabase(ReadOnlySpan<byte> text)
    {
        if (!RespNumber.TryParse(text, out long database) || database is < 0 or > int.MaxValue)
            throw new RdbFormatException("The database of the stream behind the snapshot is no number", _reader.Offset);
        StreamDatabase = (int)database;
    }

    private void AddFunction(ReadOnlySpan<byte> code)
    {
        var library = FunctionLibrary.NameOf(code);
        if (choice.IncludesFunction(library))
            _batch.AddCopy(new Entry { Kind = EntryKind.Function }, library, code);
    }

    private void Add(in RdbItem item, ReadOnlySpan<byte> key)
    {
        var (valueStart, valueLength) = item.ValueRange.GetOffsetAndLength(_buffer.Length);
        var entry = EntryOf(item) with { ValueStart = valueStart, ValueLength = valueLength };
        if (item.KeyIsInBuffer)
        {
            var (keyStart, keyLength) = item.KeyRange.GetOffsetAndLength(_buffer.Length);
            _batch.Add(entry with { KeyStart = keyStart, KeyLength = keyLength });
        }
        else
        {
            _batch.Add(entry, key);
        }
    }

    private static Entry EntryOf(in RdbItem item) =>
        new()
        {
            Type = item.Type,
            Database = item.Database,
            ExpireAt = item.ExpireAt,
            IdleSeconds = item.IdleSeconds,
            Frequency = (short)item.Frequency,
        };

    // Reads more behind what is there. An error is a value: what came before it is still to be handed out.
    private async ValueTask<Exception?> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            var room = _buffer.AsMemory(_used);
            if (pace.Bytes is not null)
                room = room[..Math.Min(room.Length, pace.Bytes.Quantum)];
            var count = await read(room, cancellationToken).ConfigureAwait(false);
            _used += count;
            if (pace.Bytes is not null)
                await pace.Bytes.TakeAsync(count, cancellationToken).ConfigureAwait(false);
            return count == 0 ? _reader.Truncated(_used - _position) : null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    // Goes on in a new buffer with the last bytes of the old one, and room for what the unfinished entry wants. That is a claim
    // of the file, which may be anything, so it is believed up to a multiple of what is there. Gives the batch that is complete
    // with that.
    private ValueTask<EntryBatch?> ContinueAsync(int rest, CancellationToken cancellationToken) =>
        ContinueAsync(rest, room: Math.Clamp(_reader.Wanted, rest * 2L, rest * MostRoomPerByte), cancellationToken);

    private async ValueTask<EntryBatch?> ContinueAsync(int rest, long room, CancellationToken cancellationToken)
    {
        var length = (int)Math.Min(room, Array.MaxLength);
        var next = await budget.RentAsync(length, held: _buffer.Length, cancellationToken).ConfigureAwait(false);
        _buffer.AsSpan(_position, rest).CopyTo(next);
        var full = TakeBatch(new EntryBatch(next, budget) { Version = _reader.Version });
        (_buffer, _used, _position) = (next, rest, 0);
        return full;
    }

    private EntryBatch? TakeBatch(EntryBatch next)
    {
        var taken = _batch;
        _batch = next;
        if (taken.Count > 0)
            return taken;

        taken.Dispose();
        return null;
    }
}
