using System.Runtime.CompilerServices;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Finds a value's end without decoding it, over as many buffers as it takes: what is behind the cursor is never needed
/// again, not even the beginning of a string. A mutable struct: keep it in a field or a local, and pass it by reference.
/// </summary>
public struct ValueSkipper
{
    private ValueLayout? _layout;
    private Counters _rounds;
    private ulong _strings;
    private long _bytes;
    private int _step;
    private int _depth;

    /// <summary>Bytes that are still to come of what was begun; 0 where nothing is known of what follows.</summary>
    public readonly long PendingBytes => _bytes;

    /// <summary>Steps over a value that is in the buffer as a whole.</summary>
    /// <returns>False if it is not; the cursor then stands where it stood.</returns>
    /// <exception cref="RdbFormatException">The type is not known to the version's family, or the value is malformed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySkip(ref RdbCursor cursor, RdbType type, RdbVersion version) =>
        type == RdbType.String ? cursor.TrySkipString() : TrySkipOther(ref cursor, type, version);

    /// <summary>Begins a value.</summary>
    /// <param name="type">Its type, from in front of the key or of the payload.</param>
    /// <param name="version">Whose file or payload it stands in.</param>
    /// <param name="offset">Where the value begins, for the error.</param>
    /// <exception cref="RdbFormatException">The type is not known to the version's family.</exception>
    public void Start(RdbType type, RdbVersion version, long offset = 0) =>
        Start(ValueLayout.Find(type, version, offset));

    /// <summary>Goes on to the value's end or the buffer's.</summary>
    /// <param name="cursor">
    /// Stands at the value's first byte, or where the call before left its own cursor. What it has passed need not be shown
    /// again; what it has not passed must be.
    /// </param>
    /// <returns>True at the value's end; false if more bytes are needed.</returns>
    /// <exception cref="RdbFormatException">The value is malformed.</exception>
    public bool TryAdvance(ref RdbCursor cursor)
    {
        var steps = (_layout ?? throw new InvalidOperationException("No value was begun.")).Steps;
        while (TryPassPending(ref cursor))
        {
            bool done;
            switch (steps[_step])
            {
                case LayoutStep.End:
                    return true;
                case LayoutStep.String:
                    done = cursor.TryReadStringHeader(out _bytes);
                    break;
                case LayoutStep.Count:
                    done = cursor.TryReadLength(out _strings);
                    break;
                case LayoutStep.CountPairs:
                    done = TryCountPairs(ref cursor);
                    break;
                case LayoutStep.Strings:
                    done = TryPassStrings(ref cursor);
                    break;
                case LayoutStep.Number:
                    done = cursor.TryReadLength(out _);
                    break;
                case LayoutStep.EightBytes:
                    _bytes = sizeof(long);
                    done = true;
                    break;
                case LayoutStep.IdAndTime:
                    _bytes = StreamIdSize + sizeof(long);
                    done = true;
                    break;
                case LayoutStep.Ids:
                    done = TryReadIds(ref cursor);
                    break;
                case LayoutStep.TextScore:
                    done = TryReadTextScore(ref cursor);
                    break;
                case LayoutStep.Repeat:
                    done = TryEnter(ref cursor);
                    break;
                case LayoutStep.Again:
                    done = true;
                    if (--_rounds[_depth - 1] != 0)
                        _step = _layout.Matching[_step];
                    else
                        _depth--;
                    break;
                case LayoutStep.ModuleFields:
                    if (!TryReadModuleField(ref cursor, out done))
                        return false;
                    if (!done)
                        continue;
                    break;
                default:
                    throw new InvalidOperationException($"There is no step {steps[_step]}.");
            }

            if (!done)
                return false;
            _step++;
        }

        return false;
    }

    /// <summary>Size of a stream's id outside of a listpack: two numbers of eight bytes, big endian.</summary>
    internal const int StreamIdSize = 16;

    internal void Start(ValueLayout layout)
    {
        this = default;
        _layout = layout;
    }

    private static bool TrySkipOther(ref RdbCursor cursor, RdbType type, RdbVersion version)
    {
        var start = cursor.Position;
        var skipper = default(ValueSkipper);
        skipper.Start(type, version, cursor.Offset);
        if (skipper.TryAdvance(ref cursor))
            return true;
        cursor.Position = start;
        return false;
    }

    private bool TryPassPending(ref RdbCursor cursor)
    {
        if (_bytes == 0)
            return true;
        var passed = (int)Math.Min(_bytes, cursor.Remaining);
        cursor.TrySkip(passed);
        _bytes -= passed;
        return _bytes == 0;
    }

    private bool TryPassStrings(ref RdbCursor cursor)
    {
        while (_strings != 0)
        {
            if (!cursor.TrySkipString())
            {
                if (!cursor.TryReadStringHeader(out _bytes))
                    return false;
                _strings--;
                if (!TryPassPending(ref cursor))
                    return false;
                continue;
            }

            _strings--;
        }

        return true;
    }

    private bool TryCountPairs(ref RdbCursor cursor)
    {
        var offset = cursor.Offset;
        if (!cursor.TryReadLength(out var pairs))
            return false;
        if (pairs > long.MaxValue)
            RdbThrow.CountTooLarge(pairs, offset);
        _strings = pairs * 2;
        return true;
    }

    private bool TryReadIds(ref RdbCursor cursor)
    {
        var offset = cursor.Offset;
        if (!cursor.TryReadLength(out var ids))
            return false;
        if (ids > long.MaxValue / StreamIdSize)
            RdbThrow.CountTooLarge(ids, offset);
        _bytes = (long)ids * StreamIdSize;
        return true;
    }

    private bool TryReadTextScore(ref RdbCursor cursor)
    {
        if (!cursor.TryReadByte(out var length))
            return false;
        _bytes = length < TextScore.FirstSpecial ? length : 0;
        return true;
    }

    private bool TryEnter(ref RdbCursor cursor)
    {
        if (!cursor.TryReadLength(out var rounds))
            return false;
        if (rounds == 0)
            _step = _layout!.Matching[_step];
        else
            _rounds[_depth++] = rounds;
        return true;
    }

    /// <summary>Reads a field's opcode and what tells its size; <paramref name="last"/> if it was the end's opcode.</summary>
    private bool TryReadModuleField(ref RdbCursor cursor, out bool last)
    {
        var start = cursor.Position;
        var offset = cursor.Offset;
        last = false;
        if (!cursor.TryReadLength(out var opcode))
            return false;

        var read = true;
        switch (opcode)
        {
            case ModuleOpcode.End:
                last = true;
                break;
            case ModuleOpcode.SignedInteger or ModuleOpcode.UnsignedInteger:
                read = cursor.TryReadLength(out _);
                break;
            case ModuleOpcode.Float:
                _bytes = sizeof(float);
                break;
            case ModuleOpcode.Double:
                _bytes = sizeof(double);
                break;
            case ModuleOpcode.String:
                read = cursor.TryReadStringHeader(out _bytes);
                break;
            default:
                RdbThrow.Malformed($"A module's value has a field of kind {opcode}, which there is not", offset);
                break;
        }

        if (!read)
            cursor.Position = start;
        return read;
    }

    [InlineArray(ValueLayout.MaxDepth)]
    private struct Counters
    {
        private ulong _first;
    }
}
