namespace Godwit.Protocol.Rdb;

/// <summary>
/// The way for a value that is larger than its reader's caller wants to hold: once a read has returned false within it, the
/// entry is known but for the value's end, and the value can be decoded or passed in parts.
/// </summary>
public sealed partial class RdbReader
{
    /// <summary>The entry whose value made the last read return false.</summary>
    /// <param name="position">The position, where that read left it.</param>
    /// <param name="entry">All of the entry; of the value, only where it begins.</param>
    /// <returns>False if what is unfinished is no value.</returns>
    public bool TryPeekEntry(int position, out RdbItem entry)
    {
        entry = default;
        if (_stage != Stage.EntryValue)
            return false;
        var pending = _entry;
        pending.Key = pending.Key.Move(position);
        pending.ValueStart += position;
        entry = pending.Finish(_database, pending.ValueStart);
        return true;
    }

    /// <summary>Decodes the unfinished entry's value in parts. What it has passed may be dropped, the key too.</summary>
    /// <param name="buffer">As for <see cref="TryRead"/>.</param>
    /// <param name="position">As for <see cref="TryRead"/>.</param>
    /// <param name="decoder">The same for all of a value, and used for no other meanwhile.</param>
    /// <param name="sink">Takes the elements; the same for all of a value.</param>
    /// <returns>True at the value's end, where <see cref="TryRead"/> goes on; false if more bytes are needed.</returns>
    /// <exception cref="RdbFormatException">The value is malformed.</exception>
    /// <exception cref="InvalidOperationException">No value is unfinished.</exception>
    public bool TryDecodeEntry(ReadOnlySpan<byte> buffer, ref int position, ValueDecoder decoder, IValueSink sink)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        EnsureUnfinished();
        var cursor = Begin(buffer, position);
        if (EnterParts(ref cursor, _entry.ValueStart))
            decoder.Start(_entry.Type, Version, cursor.Offset);
        var ended = decoder.TryAdvance(ref cursor, sink);
        LeaveParts(buffer, ref position, cursor, ended);
        return ended;
    }

    /// <summary>Passes the unfinished entry's value in parts, without reading it. What it has passed may be dropped.</summary>
    /// <param name="buffer">As for <see cref="TryRead"/>.</param>
    /// <param name="position">As for <see cref="TryRead"/>.</param>
    /// <returns>True at the value's end, where <see cref="TryRead"/> goes on; false if more bytes are needed.</returns>
    /// <exception cref="RdbFormatException">The value is malformed.</exception>
    /// <exception cref="InvalidOperationException">No value is unfinished.</exception>
    public bool TryPassEntry(ReadOnlySpan<byte> buffer, ref int position)
    {
        EnsureUnfinished();
        var cursor = Begin(buffer, position);
        EnterParts(ref cursor, _entry.Passed);
        var ended = _skipper.TryAdvance(ref cursor);
        LeaveParts(buffer, ref position, cursor, ended);
        return ended;
    }

    private void EnsureUnfinished()
    {
        if (_stage is not (Stage.EntryValue or Stage.EntryParts))
            throw new InvalidOperationException("No value is unfinished.");
    }

    /// <summary>True if the parts begin here: the cursor then stands where they do.</summary>
    private bool EnterParts(ref RdbCursor cursor, int start)
    {
        if (_stage == Stage.EntryParts)
            return false;
        cursor.Position += start;
        _stage = Stage.EntryParts;
        Wanted = 0;
        return true;
    }

    private void LeaveParts(ReadOnlySpan<byte> buffer, ref int position, RdbCursor cursor, bool ended)
    {
        if (ended)
            _stage = Stage.Item;
        else
            Wanted = 0;
        Finish(buffer, ref position, cursor, ended);
    }
}
