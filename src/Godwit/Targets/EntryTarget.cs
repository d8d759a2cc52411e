using Godwit.Batches;
using Godwit.Migration;

namespace Godwit.Targets;

/// <summary>
/// Where keys go. Every entry of every batch that it is given is settled in the <see cref="Ledger"/> once its fate is known.
/// </summary>
internal abstract class EntryTarget : IAsyncDisposable
{
    /// <summary>What the report says of it.</summary>
    public abstract TargetReport Report { get; }

    /// <summary>Bytes that went to it so far. Safe to read from any thread.</summary>
    public abstract long BytesWritten { get; }

    /// <summary>Takes a batch and its ownership. Waits while the target is behind. Called by one caller at a time.</summary>
    public abstract ValueTask WriteAsync(EntryBatch batch, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until all that was given has been settled; more may be given after that. Called by the same caller as
    /// <see cref="WriteAsync"/>.
    /// </summary>
    /// <param name="isSettled">True once no entry is on its way.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Protocol.GodwitException">The target takes no more.</exception>
    public abstract Task SettleAsync(Func<bool> isSettled, CancellationToken cancellationToken);

    /// <summary>Returns when all that was given has been settled. Nothing more may be given.</summary>
    public abstract Task CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
