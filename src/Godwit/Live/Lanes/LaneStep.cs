namespace Godwit.Live.Lanes;

/// <summary>What a lane does with one change.</summary>
internal enum LaneAction : byte
{
    /// <summary>The command goes to the target.</summary>
    Apply,

    /// <summary>The keys that it writes are read anew from the source, and what they are then goes to the target.</summary>
    Reread,

    /// <summary>What it did is at the target already.</summary>
    Skip,
}

/// <summary>One change on its way to the target.</summary>
/// <param name="Action">What is done with it.</param>
/// <param name="Database">Its database at the target.</param>
/// <param name="Command">The command as it is sent. It lives as long as the batch.</param>
/// <param name="Offset">The source's offset behind it; where it ends a transaction of the source, behind that.</param>
/// <param name="SourceDatabase">Its database at the source.</param>
/// <param name="EndsGroup">A transaction at the target may end behind it: false within a transaction of the source.</param>
/// <param name="Index">Its number in the batch of changes, from 0.</param>
internal readonly record struct LaneStep(
    LaneAction Action,
    int Database,
    ReadOnlyMemory<byte> Command,
    long Offset,
    int SourceDatabase,
    bool EndsGroup,
    int Index
)
{
    /// <summary>The slot that all of its keys are in; null where they are in several, or nobody has looked.</summary>
    public int? Slot { get; init; }

    /// <summary>Nobody knows which keys it changes: the command is a module's.</summary>
    public bool HasUnknownKeys { get; init; }
}
