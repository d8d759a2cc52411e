using Godwit.Protocol.Rdb;

namespace Godwit.Batches;

/// <summary>What an <see cref="Entry"/> is.</summary>
internal enum EntryKind : byte
{
    /// <summary>A key with its value.</summary>
    Key,

    /// <summary>A function library: the key is its name, the value its source code. It belongs to no database.</summary>
    Function,

    /// <summary>What a module keeps beside the keys. The key is the module's name; there is no value that we could write.</summary>
    ModuleAux,
}

/// <summary>
/// One key on its way, as offsets into the <see cref="EntryBatch"/> that holds its bytes. The value is in the server's own
/// serialized form, without the type byte.
/// </summary>
internal readonly record struct Entry
{
    /// <summary>What stands for "does not expire" and "not known".</summary>
    public const int None = -1;

    /// <summary>Creates a key that does not expire and of whose use nothing is known.</summary>
    public Entry()
    {
        ExpireAt = None;
        IdleSeconds = None;
        Frequency = None;
    }

    /// <summary>A key, a function library, or a module's own data.</summary>
    public EntryKind Kind { get; init; }

    /// <summary>How the value is serialized.</summary>
    public RdbType Type { get; init; }

    /// <summary>The value is followed by the footer of a DUMP payload that matches it.</summary>
    public bool Signed { get; init; }

    /// <summary>Access frequency, 0 to 255, or <see cref="None"/>.</summary>
    public short Frequency { get; init; }

    /// <summary>Number of the database at the source.</summary>
    public int Database { get; init; }

    /// <summary>Start of the key: in the batch's buffer, or, where negative, the complement of its start in the batch's scratch.</summary>
    public int KeyStart { get; init; }

    /// <summary>Bytes of the key.</summary>
    public int KeyLength { get; init; }

    /// <summary>Start of the value, in the same way.</summary>
    public int ValueStart { get; init; }

    /// <summary>Bytes of the value, without type byte and footer.</summary>
    public int ValueLength { get; init; }

    /// <summary>When it expires, in Unix milliseconds, or <see cref="None"/>.</summary>
    public long ExpireAt { get; init; }

    /// <summary>Seconds since the last access, or <see cref="None"/>.</summary>
    public long IdleSeconds { get; init; }
}
