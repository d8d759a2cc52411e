using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Lanes;
using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>Makes keys at the target what they are at the source now, whatever they are there. For one task at a time.</summary>
internal abstract class TargetStates : IAsyncDisposable
{
    /// <summary>Writes keys in place of what the target has of them. They are written when <see cref="SettleAsync"/> returns.</summary>
    /// <param name="database">The database at the target.</param>
    /// <param name="batch">Whole values, which their account has taken. It is not disposed of.</param>
    /// <param name="cancellationToken">Ends the waiting; this is then of no more use.</param>
    /// <exception cref="GodwitException">The target refused all writes, or a connection was lost.</exception>
    public abstract Task WriteAsync(int database, EntryBatch batch, CancellationToken cancellationToken);

    /// <summary>Waits until all is written.</summary>
    /// <exception cref="GodwitException">The target refused all writes, or a connection was lost.</exception>
    public abstract Task SettleAsync(CancellationToken cancellationToken);

    /// <summary>Deletes keys; those that are not there do no harm. All is settled.</summary>
    /// <exception cref="GodwitException">The target refused, or a connection was lost.</exception>
    public abstract Task DeleteAsync(int database, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken);

    /// <summary>Runs an errand at one of the target's servers. All is settled.</summary>
    public abstract Task RunAsync(LaneErrand errand, RedisEndpoint server, CancellationToken cancellationToken);

    /// <summary>Does something at each of the target's servers that take writes. All is settled.</summary>
    public abstract Task AtEachAsync(Func<RedisConnection, Task> work, CancellationToken cancellationToken);

    /// <summary>Nothing is on its way: connections can be closed without more ado.</summary>
    public abstract void Rest();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
