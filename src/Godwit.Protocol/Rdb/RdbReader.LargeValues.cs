namespace Godwit.Protocol.Rdb;

public sealed partial class RdbReader
{
    /// <summary>
    /// After <see cref="TryRead"/> returned false: bytes that have come so far of the value that is not complete; 0 where
    /// there is none.
    /// </summary>
    public int UnfinishedValueLength => _stage == Stage.EntryValue ? _entry.Passed - _entry.ValueStart : 0;

    /// <summary>The type of the value that is not complete.</summary>
    public RdbType UnfinishedValueType => _entry.Type;

    /// <summary>
    /// Stops waiting for the whole of an unfinished value, which then comes in pieces. The entry is given with the first of
    /// them as its value, and <see cref="TryReadPiece"/> gives the others.
    /// </summary>
    /// <param name="buffer">As it was given to <see cref="TryRead"/>.</param>
    /// <param name="position">As that has left it; moved behind the first piece.</param>
    /// <exception cref="InvalidOperationException">There is no unfinished value.</exception>
    public RdbItem BeginPieces(ReadOnlySpan<byte> buffer, ref int position)
    {
        if (_stage != Stage.EntryValue)
            throw new InvalidOperationException("No value is unfinished.");

        var start = position;
        _checksum.Enter(start);
        position = start + _entry.Passed;
        Offset += _entry.Passed;
        _checksum.Leave(buffer, position);
        _stage = Stage.EntryPieces;

        var entry = _entry;
        entry.Key = entry.Key.Move(start);
        entry.ValueStart += start;
        return entry.Finish(_database, position);
    }

    /// <summary>Reads the next piece of the value: all that is in the buffer of it. Bytes may be dropped after each.</summary>
    /// <param name="buffer">What is in memory of the file.</param>
    /// <param name="position">Where it goes on; moved behind the piece, which may be empty.</param>
    /// <returns>True if the value is complete with this piece.</returns>
    /// <exception cref="RdbFormatException">The value is malformed.</exception>
    public bool TryReadPiece(ReadOnlySpan<byte> buffer, ref int position)
    {
        if (_stage != Stage.EntryPieces)
            throw new InvalidOperationException("No value is read in pieces.");

        var start = position;
        var cursor = new RdbCursor(buffer, Offset - start) { Position = start };
        _checksum.Enter(start);
        var whole = _skipper.TryAdvance(ref cursor);
        position = cursor.Position;
        Offset += position - start;
        _checksum.Leave(buffer, position);
        if (whole)
            _stage = Stage.Item;
        return whole;
    }
}
