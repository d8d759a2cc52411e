using System.Diagnostics;
using Godwit.Batches;

namespace Godwit.Sources.Rdb;

/// <summary>The way of a value that is too large to be held: see <see cref="LargeValue"/>.</summary>
internal sealed partial class SnapshotReader
{
    private ValuePiece? _firstPiece;

    // By what is there of the value, or what has to come of it: then nothing of it is gathered first.
    private bool IsLarge() =>
        _reader.TryPeekEntry(_position, out var entry)
        && limits?.For(entry.Type) is { } limit
        && Math.Max(_used, _position + _reader.Wanted) - entry.ValueRange.Start.Value >= limit;

    // The entry alone in a batch, unless it does not belong to the source. The entries before it are still to be handed out.
    private EntryBatch? BeginLargeValue()
    {
        if (!_reader.TryPeekEntry(_position, out var item))
            throw new UnreachableException("a large value was found, and is gone");

        var key = item.Key(_buffer);
        EntryBatch? large = null;
        if (!choice.IsOver(item.ExpireAt) && choice.Includes(item.Database, key))
        {
            large = new EntryBatch() { Version = _reader.Version, Large = new LargeValue(piecesAreWhole: false) };
            large.AddCopy(EntryOf(item), key, []);
        }

        var valueStart = item.ValueRange.Start.Value;
        _reader.TryPassEntry(_buffer.AsSpan(0, _used), ref _position);
        _firstPiece = ValuePiece.CopyOf(_buffer.AsSpan(valueStart, _position - valueStart));
        return large;
    }

    // Reads to the value's end, and gives its pieces to whoever writes them; to nobody where that is null. The error that broke
    // it off is both theirs and ours.
    private async ValueTask<Exception?> ReadPiecesAsync(LargeValue? value, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await GiveAsync(value, _firstPiece!, cancellationToken).ConfigureAwait(false);
            var start = _position;
            while (failure is null)
            {
                var ended = _reader.TryPassEntry(_buffer.AsSpan(0, _used), ref _position);
                if (ended || _used == _buffer.Length)
                {
                    var piece = ValuePiece.CopyOf(_buffer.AsSpan(start, _position - start));
                    await GiveAsync(value, piece, cancellationToken).ConfigureAwait(false);
                    if (ended)
                        break;

                    await ContinueAsync(_used - _position, cancellationToken).ConfigureAwait(false);
                    start = _position;
                }

                failure = await FillAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        value?.End(failure);
        return failure;
    }

    private static async ValueTask GiveAsync(LargeValue? value, ValuePiece piece, CancellationToken cancellationToken)
    {
        if (value is null)
            piece.Dispose();
        else
            await value.AddAsync(piece, cancellationToken).ConfigureAwait(false);
    }
}
