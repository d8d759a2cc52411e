using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using Godwit.Batches;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;

namespace Godwit.Sources.Rdb;

/// <summary>
/// Turns the bytes of one RDB file or snapshot into batches. Bytes are read straight into the buffer that then travels as the
/// batch: values are stepped over where they lie, and neither copied nor decoded.
/// </summary>
/// <param name="read">Reads some bytes: at least one, or 0 at the end.</param>
/// <param name="choice">Which entries belong to the source.</param>
internal sealed class SnapshotReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, EntryChoice choice)
    : IDisposable
{
    private readonly RdbReader _reader = new();

    /// <summary>The version of the file; null before its first bytes have come.</summary>
    public RdbVersion? Version { get; private set; }

    /// <summary>What had been read already beyond the snapshot's end. Complete when the reading is.</summary>
    public byte[] Rest { get; private set; } = [];

    /// <summary>Reads to the snapshot's end.</summary>
    /// <exception cref="RdbFormatException">It is damaged or ends too early; all that came before has been handed out.</exception>
    /// <exception cref="GodwitException">It cannot be read any further; likewise.</exception>
    public async IAsyncEnumerable<EntryBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(EntryBatch.DefaultBufferSize);
        var batch = new EntryBatch(buffer);
        var used = 0;
        var position = 0;
        GodwitException? damage = null;
        try
        {
            while (true)
            {
                var ended = false;
                try
                {
                    ended = Parse(buffer.AsSpan(0, used), ref position, batch);
                }
                catch (RdbFormatException exception)
                {
                    damage = exception;
                }

                if (ended || damage is not null)
                    break;

                // The entry that does not end here goes on in the next buffer.
                if (used == buffer.Length)
                {
                    var rest = used - position;
                    if (rest == Array.MaxLength)
                    {
                        damage = TooLong(_reader.Offset);
                        break;
                    }

                    var next = ArrayPool<byte>.Shared.Rent(NextLength(rest));
                    buffer.AsSpan(position, rest).CopyTo(next);
                    var full = batch;
                    (buffer, batch, used, position) = (next, new EntryBatch(next) { Version = full.Version }, rest, 0);
                    if (full.Count > 0)
                        yield return full;
                    else
                        full.Dispose();
                }

                int count;
                try
                {
                    count = await read(buffer.AsMemory(used), cancellationToken).ConfigureAwait(false);
                }
                catch (GodwitException exception)
                {
                    damage = exception;
                    break;
                }

                if (count == 0)
                {
                    damage = _reader.Truncated(used - position);
                    break;
                }

                used += count;
            }

            if (damage is null)
                Rest = buffer.AsSpan(position, used - position).ToArray();
            if (batch.Count > 0)
            {
                var last = batch;
                batch = new EntryBatch([]);
                yield return last;
            }
        }
        finally
        {
            batch.Dispose();
        }

        if (damage is not null)
            ExceptionDispatchInfo.Throw(damage);
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    // True at the snapshot's end.
    private bool Parse(ReadOnlySpan<byte> buffer, ref int position, EntryBatch batch)
    {
        while (_reader.TryRead(buffer, ref position, out var item))
        {
            switch (item.Kind)
            {
                case RdbItemKind.Header:
                    Version = _reader.Version;
                    batch.Version = _reader.Version;
                    break;
                case RdbItemKind.Entry when choice.Includes(item.Database, item.Key(buffer)):
                    Add(batch, item, item.Key(buffer), buffer.Length);
                    break;
                case RdbItemKind.Function when choice.Includes(EntryKind.Function):
                    var code = item.Value(buffer);
                    batch.AddCopy(new Entry { Kind = EntryKind.Function }, FunctionLibrary.NameOf(code), code);
                    break;
                case RdbItemKind.ModuleAux when choice.Includes(EntryKind.ModuleAux):
                    batch.AddCopy(
                        new Entry { Kind = EntryKind.ModuleAux },
                        Encoding.ASCII.GetBytes(ModuleName.Of(item.ModuleId)),
                        []
                    );
                    break;
                case RdbItemKind.End:
                    return true;
            }
        }

        return false;
    }

    private static void Add(EntryBatch batch, in RdbItem item, ReadOnlySpan<byte> key, int length)
    {
        var (valueStart, valueLength) = item.ValueRange.GetOffsetAndLength(length);
        var entry = new Entry
        {
            Type = item.Type,
            Database = item.Database,
            ValueStart = valueStart,
            ValueLength = valueLength,
            ExpireAt = item.ExpireAt,
            IdleSeconds = item.IdleSeconds,
            Frequency = (short)item.Frequency,
        };
        if (item.KeyIsInBuffer)
        {
            var (keyStart, keyLength) = item.KeyRange.GetOffsetAndLength(length);
            batch.Add(entry with { KeyStart = keyStart, KeyLength = keyLength });
        }
        else
        {
            batch.Add(entry, key);
        }
    }

    private static RdbFormatException TooLong(long offset) =>
        new(
            "One key has more than 2 GiB, which this version of Godwit cannot hold,",
            offset,
            "Delete or split that key, or leave it out of the snapshot."
        );

    // Twice what is there already, never what a length in the file claims: that may be anything.
    private static int NextLength(int rest) =>
        (int)Math.Clamp(rest * 2L, EntryBatch.DefaultBufferSize, Array.MaxLength);
}
