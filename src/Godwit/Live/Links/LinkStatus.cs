namespace Godwit.Live.Links;

/// <summary>What a <see cref="ReplicationLink"/> is about.</summary>
internal enum LinkPhase
{
    /// <summary>Connecting, or waiting before the next try.</summary>
    Joining,

    /// <summary>The source prepares its snapshot.</summary>
    Preparing,

    /// <summary>The snapshot comes in.</summary>
    Snapshot,

    /// <summary>Changes come in.</summary>
    Streaming,

    /// <summary>It has ended, or broken off.</summary>
    Ended,
}

/// <summary>How a <see cref="ReplicationLink"/> stands at one moment.</summary>
/// <param name="Phase">What it is about.</param>
/// <param name="Endpoint">Whom it is joined to, or was last; null before the first try.</param>
/// <param name="Joins">How often the source let it join.</param>
/// <param name="Generation">Which snapshot the stream builds on; counts from 1.</param>
/// <param name="TakenOffset">Bytes of the source's history that have come in.</param>
/// <param name="Unread">Bytes of snapshot and stream that came in and were not read.</param>
/// <param name="BytesOnDisk">Bytes of the spool's files.</param>
/// <param name="HeldBack">Why the spool takes nothing now, so that the source is not read; null while it does.</param>
/// <param name="LastError">The last reason for joining again; null if there was none.</param>
internal sealed record LinkStatus(
    LinkPhase Phase,
    string? Endpoint,
    int Joins,
    int Generation,
    long TakenOffset,
    long Unread,
    long BytesOnDisk,
    string? HeldBack,
    string? LastError
)
{
    /// <summary>Bytes of the spool in memory, those among them that were read and not yet confirmed by the target.</summary>
    public long BytesInMemory { get; init; }

    /// <summary>How several stand together: as the one that is furthest behind, and with the sums of what they hold.</summary>
    public static LinkStatus OfAll(IReadOnlyList<LinkStatus> links)
    {
        var behind = links.MinBy(link => link.Phase)!;
        return links.Count == 1
            ? behind
            : behind with
            {
                Joins = links.Sum(link => link.Joins),
                Generation = links.Sum(link => link.Generation),
                TakenOffset = 0,
                Unread = links.Sum(link => link.Unread),
                BytesOnDisk = links.Sum(link => link.BytesOnDisk),
                BytesInMemory = links.Sum(link => link.BytesInMemory),
                HeldBack = links.Select(link => link.HeldBack).FirstOrDefault(reason => reason is not null),
                LastError = links.Select(link => link.LastError).LastOrDefault(error => error is not null),
            };
    }
}
