namespace Godwit.Live.Lanes;

/// <summary>The changes behind a lane's steps. Whoever applies them disposes it.</summary>
internal interface ILaneChanges : IDisposable
{
    /// <summary>The keys that a change touches. Empty for one that has none, such as FLUSHDB.</summary>
    TouchedKeys KeysOf(in LaneStep step);
}

/// <summary>The keys of one change.</summary>
/// <param name="Written">Those that it may write.</param>
/// <param name="Read">Those that it only reads, and on which depends what it writes.</param>
/// <param name="IsServerWide">It may write any key: FLUSHDB, FLUSHALL, SWAPDB.</param>
internal sealed record TouchedKeys(
    IReadOnlyList<DatabaseKey> Written,
    IReadOnlyList<DatabaseKey> Read,
    bool IsServerWide
)
{
    /// <summary>It may read keys that nobody can tell from its words: SORT, whose patterns stand for keys.</summary>
    public bool ReadsOthers { get; init; }

    /// <summary>It empties a database, or all of them.</summary>
    public bool IsFlush { get; init; }

    /// <summary>The one that it empties, by its number at the source; null for all.</summary>
    public int? FlushedDatabase { get; init; }

    /// <summary>The two databases that change places; null for any change but SWAPDB.</summary>
    public (int First, int Second)? Swapped { get; init; }
}
