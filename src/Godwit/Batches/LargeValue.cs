using System.Threading.Channels;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;

namespace Godwit.Batches;

/// <summary>
/// The value of one key that is too large to be held as a whole: it comes in pieces while it is being written. The source
/// adds pieces and waits while two of them have not been taken; whoever owns the entry's batch takes them.
/// </summary>
/// <param name="piecesAreWhole">
/// Each piece is a serialized value of its own, and the key's value is all of them together. Otherwise a piece is any part of
/// the one serialized value.
/// </param>
internal sealed class LargeValue(bool piecesAreWhole)
{
    private const int PiecesOnTheWay = 2;

    // A piece is decoded in slices, since a compressed one can stand for 88 times as many bytes.
    private const int SliceLength = 64 * 1024;

    private readonly Channel<ValuePiece> _pieces = Channel.CreateBounded<ValuePiece>(
        new BoundedChannelOptions(PiecesOnTheWay) { SingleReader = true, SingleWriter = true }
    );

    private readonly TaskCompletionSource<bool> _brokeOff = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _error;
    private int _ended;

    /// <summary>Each piece is a serialized value of its own.</summary>
    public bool PiecesAreWhole => piecesAreWhole;

    /// <summary>
    /// What the elements pass through, which may change them: gives the sink that is told of them and passes them on to the one
    /// that it is given. Set before the batch is handed out; null where they go as they came.
    /// </summary>
    public Func<IValueSink, IValueSink>? Through { get; set; }

    /// <summary>Gives the next piece and its ownership.</summary>
    /// <returns>False if nobody takes pieces any more; it was dropped.</returns>
    public async ValueTask<bool> AddAsync(ValuePiece piece, CancellationToken cancellationToken)
    {
        try
        {
            await _pieces.Writer.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ChannelClosedException)
        {
            piece.Dispose();
            return false;
        }
        catch (OperationCanceledException)
        {
            piece.Dispose();
            throw;
        }
    }

    /// <summary>Says that the value is complete or, with an error, that it never will be. What is said first counts.</summary>
    public void End(Exception? error = null)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;

        _error = error;
        _pieces.Writer.TryComplete(error);
    }

    /// <summary>
    /// Waits, once the source has broken off, until whoever takes the pieces has come to that. True if they settle nothing for it: the
    /// entry that was handed out is to be taken out of the account again. False if they had no need of all pieces, and have
    /// settled the entry, or will.
    /// </summary>
    public Task<bool> IsTakenBackAsync(CancellationToken cancellationToken) =>
        _brokeOff.Task.WaitAsync(cancellationToken);

    /// <summary>
    /// True if this is the error with which the source broke off, and not one of whoever takes the pieces. The source says so
    /// itself, and whoever asks settles nothing then.
    /// </summary>
    public bool BrokeOffWith(Exception exception)
    {
        var isOurs =
            exception == _error || (exception is OperationCanceledException && _error is OperationCanceledException);
        if (isOurs)
            _brokeOff.TrySetResult(true);
        return isOurs;
    }

    /// <summary>The pieces, each to be disposed. Ends with the error that <see cref="End"/> was given.</summary>
    public IAsyncEnumerable<ValuePiece> TakeAllAsync(CancellationToken cancellationToken) =>
        _pieces.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Says that no piece will be taken any more: the source need not wait for that.</summary>
    public void Abandon()
    {
        _brokeOff.TrySetResult(false);
        _pieces.Writer.TryComplete();
        while (_pieces.Reader.TryRead(out var piece))
            piece.Dispose();
    }

    /// <summary>Decodes all pieces into a sink, which is told of a string in parts.</summary>
    /// <param name="type">The type of the value, or of each piece.</param>
    /// <param name="version">The version in which it is serialized.</param>
    /// <param name="sink">Takes the elements.</param>
    /// <param name="afterSlice">
    /// Called each time up to 64 KiB have been decoded, so that what became of them need not pile up; false if no more are wanted.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RdbFormatException">The value is damaged.</exception>
    /// <exception cref="GodwitException">The source broke off: its own error.</exception>
    public async Task DecodeAsync(
        RdbType type,
        RdbVersion version,
        IValueSink sink,
        Func<ValueTask<bool>> afterSlice,
        CancellationToken cancellationToken
    )
    {
        using var decoder = new PieceDecoder();
        sink = Through?.Invoke(sink) ?? sink;
        if (!piecesAreWhole)
            decoder.Start(type, version);
        await foreach (var piece in TakeAllAsync(cancellationToken).ConfigureAwait(false))
        {
            using (piece)
            {
                if (piecesAreWhole)
                    decoder.Start(type, version);
                for (var rest = piece.Bytes; rest.Length > 0; rest = rest[Math.Min(rest.Length, SliceLength)..])
                {
                    decoder.Add(rest.Span[..Math.Min(rest.Length, SliceLength)], sink);
                    if (await afterSlice().ConfigureAwait(false))
                        continue;

                    Abandon();
                    return;
                }

                if (piecesAreWhole)
                    decoder.End();
            }
        }

        if (!piecesAreWhole)
            decoder.End();
    }
}
