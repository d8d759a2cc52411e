namespace Godwit.Protocol.Rdb;

/// <summary>
/// One item of an RDB file. What it refers to lies in the buffer that was given to <see cref="RdbReader.TryRead"/>, or in the
/// reader, and lives until the next call of that or until the buffer changes.
/// </summary>
public readonly struct RdbItem
{
    private readonly RdbText _key;
    private readonly RdbText _value;

    internal RdbItem(RdbItemKind kind, RdbText key = default, RdbText value = default)
    {
        Kind = kind;
        _key = key;
        _value = value;
    }

    /// <summary>What it is. Each of the other properties says for which kinds it has a meaning.</summary>
    public RdbItemKind Kind { get; }

    /// <summary>Entry: its type. It fits the file's family, or the reader would have thrown.</summary>
    public RdbType Type { get; internal init; }

    /// <summary>Entry, select: the database, 0 and up.</summary>
    public int Database { get; internal init; }

    /// <summary>
    /// Entry: when it expires, in Unix milliseconds; -1 never. A damaged source can have another negative number or 0, which
    /// are times long past and not "never", as <c>RESTORE</c> would take a 0.
    /// </summary>
    public long ExpireAt { get; internal init; }

    /// <summary>Entry: for how many seconds it has not been used; -1 not known.</summary>
    public long IdleSeconds { get; internal init; }

    /// <summary>Entry: its LFU counter, 0 to 255; -1 not known.</summary>
    public int Frequency { get; internal init; }

    /// <summary>Resize, slot info: keys, a hint.</summary>
    public ulong Keys { get; internal init; }

    /// <summary>Resize, slot info: those of the keys that expire, a hint.</summary>
    public ulong Expires { get; internal init; }

    /// <summary>Slot info: the slot.</summary>
    public ulong Slot { get; internal init; }

    /// <summary>Module aux: the module type's id, of which <see cref="ModuleName"/> makes its name.</summary>
    public ulong ModuleId { get; internal init; }

    /// <summary>Whether <see cref="KeyRange"/> is where the key lies. It does not where it was an integer or compressed.</summary>
    public bool KeyIsInBuffer => _key.IsInBuffer;

    /// <summary>Entry: where in the buffer the key's bytes lie, if <see cref="KeyIsInBuffer"/>.</summary>
    public Range KeyRange => _key.Range;

    /// <summary>Entry: where in the buffer the serialized value lies, without its type.</summary>
    public Range ValueRange => _value.Range;

    /// <summary>Entry: its key. Aux: its name.</summary>
    /// <param name="buffer">The one that the item was read from, unchanged.</param>
    public ReadOnlySpan<byte> Key(ReadOnlySpan<byte> buffer) => _key.In(buffer);

    /// <summary>Entry: its serialized value, without its type. Aux: its text. Function: the library's code.</summary>
    /// <param name="buffer">The one that the item was read from, unchanged.</param>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> buffer) => _value.In(buffer);
}
