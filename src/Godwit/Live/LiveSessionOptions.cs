using Godwit.Protocol;

namespace Godwit.Live;

/// <summary>What a live session is to do.</summary>
internal sealed record LiveSessionOptions
{
    /// <summary>When to end.</summary>
    public required Until Until { get; init; }

    /// <summary>What must come out at the target before it has caught up: one for each stream, or none.</summary>
    public IReadOnlyList<Fence> Fences { get; init; } = [];

    /// <summary>Called about once a second, and at the end: what the target has confirmed of itself may have changed.</summary>
    public required Action Confirmed { get; init; }

    /// <summary>
    /// Called several times a second: of what is kept for a second reading, the part that the target has confirmed may go, before it
    /// is so much that it goes to disk.
    /// </summary>
    public required Action ReleaseSpools { get; init; }

    /// <summary>
    /// Asks both ends whether slots still are where this session takes them to be. False ends it, so that another one begins. Null
    /// where none can move.
    /// </summary>
    /// <exception cref="GodwitException">Nobody can be asked.</exception>
    public Func<CancellationToken, Task<MapState>>? LookAtMap { get; init; }
}

/// <summary>Whether slots are where they are taken to be.</summary>
internal enum MapState
{
    /// <summary>All are.</summary>
    Same,

    /// <summary>Some are on their way: it cannot be said that all has been applied.</summary>
    Moving,

    /// <summary>Some are elsewhere.</summary>
    Changed,
}

/// <summary>Why a session ended.</summary>
internal enum SessionEnd
{
    /// <summary>It has caught up, or was told to stop.</summary>
    Enough,

    /// <summary>Slots are elsewhere: another one is to begin.</summary>
    MapChanged,
}
