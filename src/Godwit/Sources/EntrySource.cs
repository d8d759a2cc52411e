using Godwit.Batches;
using Godwit.Migration;

namespace Godwit.Sources;

/// <summary>Where keys come from. It is read once, by one reader.</summary>
internal abstract class EntrySource : IAsyncDisposable
{
    /// <summary>What the report says of it: an entry for each source that the user has named.</summary>
    public abstract IReadOnlyList<SourceReport> Reports { get; }

    /// <summary>Bytes that came from it so far. Safe to read from any thread.</summary>
    public abstract long BytesRead { get; }

    /// <summary>Keys that it is about to give, as it counts or hints; null while that is not known.</summary>
    public virtual long? ExpectedKeys => null;

    /// <summary>Bytes that it is about to give; null while that is not known.</summary>
    public virtual long? ExpectedBytes => null;

    /// <summary>
    /// Everything that is in there, batch by batch. Whoever takes a batch owns it. Where the source turns out to be broken,
    /// what came before the break is handed out first and then the error is thrown.
    /// </summary>
    public abstract IAsyncEnumerable<EntryBatch> ReadAsync(CancellationToken cancellationToken);

    /// <summary>True for a source that <see cref="MustLookAgainAsync"/> is to be asked of.</summary>
    public virtual bool MayLookAgain => false;

    /// <summary>
    /// True if something is to be read again, because its server was lost or it was on its way from one server to another. To
    /// be asked when all has been read, and all that was given has been settled.
    /// </summary>
    /// <exception cref="Protocol.GodwitException">Nobody can be asked whether that is so.</exception>
    public virtual Task<bool> MustLookAgainAsync(CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>
    /// Reads that again, as <see cref="ReadAsync"/> does. What was counted of it before does not count any more. After this
    /// <see cref="MustLookAgainAsync"/> is to be asked anew.
    /// </summary>
    public virtual IAsyncEnumerable<EntryBatch> LookAgainAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("nothing is to be read again");

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
