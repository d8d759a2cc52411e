namespace Godwit.Live;

/// <summary>How a live run stands. All of it is measured.</summary>
/// <param name="Received">Changes that came from the source.</param>
/// <param name="Applied">Changes that are at the target.</param>
/// <param name="Repaired">Changes that the target refused, so that their keys were read anew.</param>
/// <param name="LagBytes">Bytes of the stream that the source has written and the target has not; null while the source does not say.</param>
/// <param name="Lag">Age of the oldest change that is not at the target; zero where there is none.</param>
/// <param name="IsCaughtUp">All that the source had done when it was last asked is at the target.</param>
internal readonly record struct LiveCounts(
    long Received,
    long Applied,
    long Repaired,
    long? LagBytes,
    TimeSpan Lag,
    bool IsCaughtUp
)
{
    /// <summary>The offset of the source's history up to which all is at the target; null while that is not known.</summary>
    public long? Offset { get; init; }

    /// <summary>Bytes that came from the source and wait here.</summary>
    public long Waiting { get; init; }

    /// <summary>The marker key has come out at the target, and is gone again; null where none was asked for.</summary>
    public bool? IsFenced { get; init; }

    /// <summary>How it stands now, with the changes of what went before.</summary>
    public LiveCounts After(LiveCounts before) =>
        this with
        {
            Received = before.Received + Received,
            Applied = before.Applied + Applied,
            Repaired = before.Repaired + Repaired,
        };
}
