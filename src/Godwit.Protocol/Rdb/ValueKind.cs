namespace Godwit.Protocol.Rdb;

/// <summary>What a key holds, whatever its serialization: the answer of the server's <c>TYPE</c>.</summary>
public enum ValueKind
{
    /// <summary>A string.</summary>
    String,

    /// <summary>A list.</summary>
    List,

    /// <summary>A set.</summary>
    Set,

    /// <summary>A sorted set (<c>zset</c>).</summary>
    SortedSet,

    /// <summary>A hash.</summary>
    Hash,

    /// <summary>A stream.</summary>
    Stream,

    /// <summary>A module's own type.</summary>
    Module,
}
