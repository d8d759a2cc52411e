using Godwit.Batches;
using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Keyspaces;

/// <summary>Whether a key is there.</summary>
internal enum KeyPresence : byte
{
    /// <summary>It is not.</summary>
    Gone,

    /// <summary>It is.</summary>
    Present,

    /// <summary>The server's access rules keep it from us.</summary>
    Forbidden,

    /// <summary>It was asked for as a short string, and is gone, empty or longer: it is to be asked for like any other.</summary>
    Unread,

    /// <summary>As above, and the server refused: it is no string, say.</summary>
    Refused,

    /// <summary>A cluster's node sends us elsewhere for it, or cannot tell now: its slot has moved, or is on its way.</summary>
    Elsewhere,
}

/// <summary>What was read of one key. It lives as long as what it was read into.</summary>
internal readonly ref struct KeyReading
{
    /// <summary>Whether it is there.</summary>
    public KeyPresence Presence { get; init; }

    /// <summary>When it expires, in Unix milliseconds, or <see cref="Entry.None"/>.</summary>
    public long ExpireAt { get; init; }

    /// <summary>By how many milliseconds that may be too early.</summary>
    public long ExpiryError { get; init; }

    /// <summary>How the value is serialized.</summary>
    public RdbType Type { get; init; }

    /// <summary>In which version.</summary>
    public RdbVersion Version { get; init; }

    /// <summary>The serialized value, without type and footer; of a key that was asked for as a short string, its bytes. Empty where it was not asked.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The type's name, where it alone was asked.</summary>
    public string? TypeName { get; init; }

    /// <summary>Elements, or bytes of a string, where that was asked.</summary>
    public long Length { get; init; }
}
