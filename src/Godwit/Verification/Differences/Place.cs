using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Differences;

/// <summary>A part of a value.</summary>
internal enum PlaceKind
{
    /// <summary>A byte of a string.</summary>
    Byte,

    /// <summary>An element of a list, by its index.</summary>
    Index,

    /// <summary>A member of a set or a sorted set.</summary>
    Member,

    /// <summary>A field of a hash.</summary>
    Field,

    /// <summary>An entry of a stream.</summary>
    Entry,

    /// <summary>The greatest id that a stream ever had.</summary>
    LastId,

    /// <summary>How many entries a stream ever had.</summary>
    EntriesAdded,

    /// <summary>The greatest id that was ever deleted from a stream.</summary>
    MaxDeletedId,

    /// <summary>A consumer group.</summary>
    Group,

    /// <summary>A consumer of a group.</summary>
    Consumer,

    /// <summary>An entry that is pending in a group.</summary>
    Pending,

    /// <summary>How many elements, members, fields or entries there are.</summary>
    Length,
}

/// <summary>Where two values differ first.</summary>
/// <param name="Kind">What part it is.</param>
internal sealed record Place(PlaceKind Kind)
{
    /// <summary>Of a byte or an element: its number, from 0.</summary>
    public long Number { get; init; }

    /// <summary>Name of the member, the field or the group.</summary>
    public byte[]? Name { get; init; }

    /// <summary>Of a consumer: its name.</summary>
    public byte[]? Consumer { get; init; }

    /// <summary>Of an entry, pending or not: its id.</summary>
    public StreamId? Id { get; init; }
}
