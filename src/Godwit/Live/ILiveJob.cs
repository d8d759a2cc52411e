using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Live.Links;
using Godwit.Migration;

namespace Godwit.Live;

/// <summary>A live migration as those see it who ask how it stands. All may be read from any thread.</summary>
internal interface ILiveJob : IMigrationRun
{
    /// <summary>The job's name; null while it has none.</summary>
    string? Job { get; }

    /// <summary>The connection to the source; null before the first.</summary>
    LinkStatus? Link { get; }

    /// <summary>How each server stands that is followed; empty where none is followed by its replication stream.</summary>
    IReadOnlyList<ServerPlace> Places => [];

    /// <summary>The changes since this run began; null before the first.</summary>
    LiveCounts? Changes { get; }

    /// <summary>Expiries that must not strike yet.</summary>
    ExpiryHold Expiries { get; }

    /// <summary>
    /// Reads keys anew from the source and writes what they are, in order with the changes of its stream. Ends when all are written; of a
    /// key whose slot is on its way nothing is known.
    /// </summary>
    /// <returns>False if no stream is followed just now: then perhaps none of them is written.</returns>
    Task<bool> RereadAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken) =>
        Task.FromResult(false);
}
