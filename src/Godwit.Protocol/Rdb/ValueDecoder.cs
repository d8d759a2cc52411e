namespace Godwit.Protocol.Rdb;

/// <summary>
/// Turns serialized values of every type into calls of an <see cref="IValueSink"/>, whole or piece by piece. It owns pooled
/// buffers for what is compressed, so keep one and use it for many values; not by several threads at once.
/// </summary>
/// <remarks>
/// Elements that are integers in their serialized form are given as their decimal text. A collection without elements is
/// an error, since no server keeps one. Duplicates are not looked for. Source: <c>src/rdb.c</c>, rdbLoadObject.
/// </remarks>
public sealed partial class ValueDecoder : IDisposable
{
    private readonly RdbStringBuffer _first = new();
    private readonly RdbStringBuffer _second = new();
    private RdbType _type;
    private RdbFamily _family;
    private bool _started;
    private bool _counted;
    private bool _filled;
    private ulong _left;
    private ulong _minExpireAt;

    /// <summary>Gives the buffers back. The decoder must not be used after that.</summary>
    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    /// <summary>Decodes a value that is in memory as a whole.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="version">Whose file or payload it stands in.</param>
    /// <param name="value">All of its bytes, without type and without footer.</param>
    /// <param name="sink">Takes what is in it; the part in front of an error has been given by then.</param>
    /// <param name="offset">Where the value stands in its file, for errors.</param>
    /// <exception cref="RdbFormatException">The value is malformed, of an unknown type, too short or too long.</exception>
    public void Decode(RdbType type, RdbVersion version, ReadOnlySpan<byte> value, IValueSink sink, long offset = 0)
    {
        var cursor = new RdbCursor(value, offset);
        Start(type, version, offset);
        if (!TryAdvance(ref cursor, sink))
            RdbThrow.Malformed($"A value of type {(int)type} ends before all of it is there", offset + value.Length);
        if (cursor.Remaining != 0)
            RdbThrow.Malformed($"A value of type {(int)type} ends before its bytes do", cursor.Offset);
    }

    /// <summary>Begins a value that comes piece by piece.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="version">Whose file or payload it stands in.</param>
    /// <param name="offset">Where the value stands in its file, for errors.</param>
    /// <exception cref="RdbFormatException">The type is not known to the version's family.</exception>
    public void Start(RdbType type, RdbVersion version, long offset = 0)
    {
        ValueLayout.Find(type, version, offset);
        _type = type;
        _family = version.Family;
        _started = true;
        _counted = false;
        _filled = false;
        _left = 0;
        StartStream();
        StartModule();
    }

    /// <summary>
    /// Decodes what the cursor holds and passes it. A string, an element with all its parts, or a node of a list or stream
    /// has to be there as a whole before it is passed; a value that is one packed blob, or a module's, as a whole too.
    /// </summary>
    /// <param name="cursor">
    /// Stands at the value's first byte, or where the call before left its own cursor. What it has passed need not be shown
    /// again; what it has not passed must be, with more behind it.
    /// </param>
    /// <param name="sink">Takes what is in it; the same one for all of a value.</param>
    /// <returns>True at the value's end; false if more bytes are needed.</returns>
    /// <exception cref="RdbFormatException">The value is malformed.</exception>
    public bool TryAdvance(ref RdbCursor cursor, IValueSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (!_started)
            throw new InvalidOperationException("No value was begun.");

        var done = _type switch
        {
            RdbType.String => TryString(ref cursor, sink),
            RdbType.Module => TryModule(ref cursor, sink),
            RdbType.Stream or RdbType.Stream2 or RdbType.Stream3 => TryStream(ref cursor, sink),
            RdbType.HashZipmap or RdbType.ListZiplist or RdbType.SetIntset => TryPacked(ref cursor, sink),
            RdbType.SortedSetZiplist or RdbType.HashZiplist => TryPacked(ref cursor, sink),
            RdbType.HashListpack or RdbType.SortedSetListpack or RdbType.SetListpack => TryPacked(ref cursor, sink),
            RdbType.HashListpackWithExpiriesPreRelease => TryPacked(ref cursor, sink),
            RdbType.HashListpackWithExpiries => TryPacked(ref cursor, sink),
            _ => TryElements(ref cursor, sink),
        };
        _started = !done;
        return done;
    }

    private bool TryString(ref RdbCursor cursor, IValueSink sink)
    {
        if (!cursor.TryReadString(_first, out var value))
            return false;
        sink.String(value);
        return true;
    }

    /// <summary>The values that are a count and as many elements or nodes.</summary>
    private bool TryElements(ref RdbCursor cursor, IValueSink sink)
    {
        if (!_counted && !TryCount(ref cursor))
            return false;

        for (; _left != 0; _left--)
        {
            if (!TryElement(ref cursor, sink))
                return false;
        }

        EnsureFilled(cursor.Offset);
        return true;
    }

    private bool TryCount(ref RdbCursor cursor)
    {
        var start = cursor.Position;
        _minExpireAt = 0;
        if (
            (_type == RdbType.HashWithExpiries && !cursor.TryReadUInt64(out _minExpireAt))
            || !cursor.TryReadLength(out _left)
        )
        {
            cursor.Position = start;
            return false;
        }

        _counted = true;
        return true;
    }

    private bool TryElement(ref RdbCursor cursor, IValueSink sink) =>
        _type switch
        {
            RdbType.List => TryListElement(ref cursor, sink),
            RdbType.ListQuicklist or RdbType.ListQuicklist2 => TryListNode(ref cursor, sink),
            RdbType.Set => TrySetMember(ref cursor, sink),
            RdbType.SortedSet or RdbType.SortedSetTextScores => TrySortedSetMember(ref cursor, sink),
            RdbType.Hash => TryHashField(ref cursor, sink),
            RdbType.HashWithExpiries22 when _family == RdbFamily.Valkey => TryValkeyHashField(ref cursor, sink),
            _ => TryRedisHashFieldWithTtl(ref cursor, sink),
        };

    /// <summary>Reads two strings, or neither.</summary>
    private bool TryReadPair(ref RdbCursor cursor, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        // Both are known to be there before one is decoded, so that no decoding is ever done twice.
        var start = cursor.Position;
        var there = cursor.TrySkipString() && cursor.TrySkipString();
        cursor.Position = start;
        first = second = default;
        return there && cursor.TryReadString(_first, out first) && cursor.TryReadString(_second, out second);
    }

    private void EnsureFilled(long offset)
    {
        if (!_filled)
            RdbThrow.Malformed($"A value of type {(int)_type} has no elements, and no server keeps such a key", offset);
    }
}
