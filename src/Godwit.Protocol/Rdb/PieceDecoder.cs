using System.Buffers;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Decodes a value that comes in pieces of any length, so that it need not be in memory as a whole. It holds the bytes of an
/// element, or of a list's or stream's node, that is not complete; a string is passed on in parts.
/// </summary>
public sealed class PieceDecoder : IDisposable
{
    private readonly ValueDecoder _decoder = new();
    private LzfStream? _lzf;
    private byte[] _held = [];
    private int _heldLength;
    private long _offset;
    private StringForm _form;
    private ulong _stringLeft;
    private ulong _decompressedLength;
    private bool _given;
    private bool _ended;

    private enum StringForm
    {
        NotAString,
        NotKnown,
        Plain,
        Compressed,
    }

    /// <summary>Begins a value.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="version">Whose file it stands in.</param>
    /// <exception cref="RdbFormatException">The type is not known to the version's family.</exception>
    public void Start(RdbType type, RdbVersion version)
    {
        _decoder.Start(type, version);
        _lzf?.Dispose();
        _lzf = null;
        _heldLength = 0;
        _offset = 0;
        _form = type == RdbType.String ? StringForm.NotKnown : StringForm.NotAString;
        _given = false;
        _ended = false;
    }

    /// <summary>Takes the next piece, and passes on what is complete.</summary>
    /// <exception cref="RdbFormatException">The value is malformed, or goes on behind its end.</exception>
    public void Add(ReadOnlySpan<byte> piece, IValueSink sink)
    {
        // What was held is looked at together with the piece; only that costs a copy.
        if (_heldLength > 0)
        {
            Hold(piece);
            var used = Take(_held.AsSpan(0, _heldLength), sink);
            _held.AsSpan(used, _heldLength - used).CopyTo(_held);
            _heldLength -= used;
        }
        else
        {
            Hold(piece[Take(piece, sink)..]);
        }
    }

    /// <summary>Says that there are no more pieces.</summary>
    /// <exception cref="RdbFormatException">The value is not complete.</exception>
    public void End()
    {
        if (!_ended)
            RdbThrow.Malformed("A value ends before all of it is there", _offset + _heldLength);
        if (_heldLength > 0)
            GoesOnBehindItsEnd();
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        _decoder.Dispose();
        _lzf?.Dispose();
        if (_held.Length > 0)
            ArrayPool<byte>.Shared.Return(_held);
        _held = [];
    }

    private int Take(ReadOnlySpan<byte> bytes, IValueSink sink)
    {
        if (_ended)
        {
            if (bytes.Length > 0)
                GoesOnBehindItsEnd();
            return 0;
        }

        var cursor = new RdbCursor(bytes, _offset);
        if (_form == StringForm.NotKnown)
            BeginString(ref cursor);
        switch (_form)
        {
            case StringForm.NotKnown:
                break;
            case StringForm.NotAString:
                _ended = _decoder.TryAdvance(ref cursor, sink);
                break;
            default:
                TakeString(ref cursor, sink);
                break;
        }

        _offset += cursor.Position;
        return cursor.Position;
    }

    // An integer's few bytes are left to the decoder.
    private void BeginString(ref RdbCursor cursor)
    {
        var start = cursor.Position;
        if (!cursor.TryReadLength(out var length, out var encoding))
            return;

        switch (encoding)
        {
            case RdbStringEncoding.Plain:
                _form = StringForm.Plain;
                _stringLeft = length;
                break;
            case RdbStringEncoding.Lzf:
                if (!cursor.TryReadLength(out _stringLeft) || !cursor.TryReadLength(out _decompressedLength))
                {
                    cursor.Position = start;
                    return;
                }

                _form = StringForm.Compressed;
                _lzf = new LzfStream();
                break;
            default:
                _form = StringForm.NotAString;
                cursor.Position = start;
                break;
        }
    }

    private void TakeString(ref RdbCursor cursor, IValueSink sink)
    {
        var offset = cursor.Offset;
        var start = cursor.Position;
        cursor.TryReadBytes((int)Math.Min(_stringLeft, (ulong)cursor.Remaining), out var bytes);
        var used = bytes.Length;
        if (_lzf is not null)
        {
            used = _lzf.Decompress(bytes, offset, sink);
            cursor.Position = start + used;
        }
        else if (used > 0)
        {
            sink.String(bytes);
        }

        _stringLeft -= (ulong)used;
        _given |= used > 0;
        _ended = _stringLeft == 0;
        if (_ended && _lzf is not null && (!_lzf.CanEnd || (ulong)_lzf.Produced != _decompressedLength))
            RdbThrow.Malformed("A compressed string is not as long as it says", offset);

        // An empty string is a value too, of no part but one without bytes.
        if (_ended && !_given)
            sink.String([]);
    }

    private void GoesOnBehindItsEnd() => RdbThrow.Malformed("A value ends before its bytes do", _offset);

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_held.Length - _heldLength < bytes.Length)
        {
            var least = _heldLength + (long)bytes.Length;
            if (least > Array.MaxLength)
                RdbThrow.StringTooLarge((ulong)least, _offset);
            var larger = ArrayPool<byte>.Shared.Rent(
                (int)Math.Min(Math.Max(least, 2L * _held.Length), Array.MaxLength)
            );
            _held.AsSpan(0, _heldLength).CopyTo(larger);
            if (_held.Length > 0)
                ArrayPool<byte>.Shared.Return(_held);
            _held = larger;
        }

        bytes.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += bytes.Length;
    }
}
