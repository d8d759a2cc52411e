namespace Godwit.Protocol.Rdb;

/// <summary>One step over a serialized value. A <see cref="ValueLayout"/> is a row of them.</summary>
internal enum LayoutStep : byte
{
    /// <summary>The value ends here.</summary>
    End,

    /// <summary>One string.</summary>
    String,

    /// <summary>A count, to be used by <see cref="Strings"/>.</summary>
    Count,

    /// <summary>A count of pairs: twice as many strings.</summary>
    CountPairs,

    /// <summary>As many strings as were counted.</summary>
    Strings,

    /// <summary>One number in the form of a length.</summary>
    Number,

    /// <summary>Eight bytes: a time or a double.</summary>
    EightBytes,

    /// <summary>A stream's pending entry: an id of 16 bytes and a time of 8.</summary>
    IdAndTime,

    /// <summary>A count, and as many ids of 16 bytes.</summary>
    Ids,

    /// <summary>A score as text: a byte of length, or one that stands for an infinity or NaN, then the text.</summary>
    TextScore,

    /// <summary>A count: what follows up to the matching <see cref="Again"/> stands there as often.</summary>
    Repeat,

    /// <summary>The end of what is repeated.</summary>
    Again,

    /// <summary>A module's fields, each with an opcode, up to opcode 0.</summary>
    ModuleFields,
}
