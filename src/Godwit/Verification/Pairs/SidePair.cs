using Godwit.Migration;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification.Pairs;

/// <summary>Both sides of a comparison, whatever they are.</summary>
internal abstract class SidePair : IAsyncDisposable
{
    /// <summary>What the report says of each source.</summary>
    public abstract IReadOnlyList<SourceReport> Sources { get; }

    /// <summary>What the report says of the target.</summary>
    public abstract SourceReport Target { get; }

    /// <summary>The target, where it can be written to; else null.</summary>
    public abstract KeyspaceView? TargetView { get; }

    /// <summary>Bytes that came from the source so far. May be read from any thread.</summary>
    public abstract long BytesRead { get; }

    /// <summary>Keys of the source, as it counts them; null where that is not known.</summary>
    public abstract long? ExpectedKeys { get; }

    /// <summary>A side may change while it is compared, so that what differs is to be looked at again.</summary>
    public abstract bool MayChange { get; }

    /// <summary>Compares every key of the source, then looks for keys that only the target has.</summary>
    /// <param name="verdicts">Is told of each.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public abstract Task CompareAllAsync(IVerdicts verdicts, CancellationToken cancellationToken);

    /// <summary>Compares some keys again.</summary>
    /// <param name="suspects">Which.</param>
    /// <param name="verdicts">Is told of each, with the very array that names it in <paramref name="suspects"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public abstract Task CompareAsync(
        IReadOnlyList<Suspect> suspects,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    );

    /// <summary>Bytes of memory that each of some keys, all of one database, takes at the source; 0 where that is not told.</summary>
    public virtual ValueTask<long[]> SizesAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new long[suspects.Count]);

    /// <summary>True if keys of other databases of the source go to the same one.</summary>
    public virtual bool AreMerged(DatabasePair databases) => false;

    /// <summary>
    /// Of several sources the URI of the one whose value each of some keys, all of one database, is compared by; null where there is but
    /// one.
    /// </summary>
    public virtual ValueTask<string?[]> OriginsAsync(
        IReadOnlyList<Suspect> suspects,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(new string?[suspects.Count]);

    /// <summary>How many keys <see cref="CompareAsync"/> should be given at once.</summary>
    public abstract int MostSuspects { get; }

    /// <summary>Has both sides note from now on whether any of the keys, all of one database, changes.</summary>
    /// <returns>False if that cannot be had.</returns>
    public abstract Task<bool> WatchAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken);

    /// <summary>Ends what <see cref="WatchAsync"/> began.</summary>
    /// <returns>True if none has changed.</returns>
    public abstract Task<bool> EndWatchAsync(DatabasePair databases, CancellationToken cancellationToken);

    /// <summary>The function libraries of the source.</summary>
    public abstract Task<IReadOnlyDictionary<string, byte[]>> SourceFunctionsAsync(CancellationToken cancellationToken);

    /// <summary>Those of the target.</summary>
    public abstract Task<IReadOnlyDictionary<string, byte[]>> TargetFunctionsAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
