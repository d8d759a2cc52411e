using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Sources.Shards;

/// <summary>
/// One reading of one shard. Where its server is lost the reading ends early: what it gave is good, and the rest of the shard is
/// to be read again. Owns the source that it reads.
/// </summary>
/// <param name="inner">Reads the shard.</param>
/// <param name="hasBegun">Called when the first batch has come.</param>
/// <param name="hasEnded">Called when all was read.</param>
/// <param name="brokeOff">Called when the server was lost.</param>
internal sealed class ShardSource(
    EntrySource inner,
    Action? hasBegun,
    Func<CancellationToken, Task> hasEnded,
    Action<GodwitException> brokeOff
) : EntrySource
{
    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports => inner.Reports;

    /// <inheritdoc/>
    public override long BytesRead => inner.BytesRead;

    /// <inheritdoc/>
    public override long? ExpectedKeys => inner.ExpectedKeys;

    /// <inheritdoc/>
    public override long? ExpectedBytes => inner.ExpectedBytes;

    /// <summary>True if this says that a server is lost for now, and not that something is wrong for good.</summary>
    public static bool IsLoss(GodwitException exception) =>
        exception is ConnectionException or ProtocolException
        || exception is ServerErrorException { IsTransient: true } or ServerErrorException { Code: "MOVED" or "ASK" };

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var batches = inner.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var ending = batches.ConfigureAwait(false);
        (LargeValue Value, Account Account)? large = null;
        var begun = false;
        while (true)
        {
            try
            {
                if (!await batches.MoveNextAsync().ConfigureAwait(false))
                {
                    if (!begun)
                        hasBegun?.Invoke();
                    await hasEnded(cancellationToken).ConfigureAwait(false);
                    yield break;
                }
            }
            catch (GodwitException exception) when (IsLoss(exception))
            {
                // Its taker settles nothing.
                if (large is { } open && await open.Value.IsTakenBackAsync(cancellationToken).ConfigureAwait(false))
                    open.Account.Take(-1);
                brokeOff(exception);
                yield break;
            }

            var batch = batches.Current;
            if (!begun)
                hasBegun?.Invoke();
            begun = true;
            large = batch.Large is { } value ? (value, batch.Account) : null;
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
