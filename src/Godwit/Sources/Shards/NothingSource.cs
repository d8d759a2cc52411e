using Godwit.Batches;
using Godwit.Migration;

namespace Godwit.Sources.Shards;

/// <summary>A reading that could not be begun: it gives nothing, and another one will.</summary>
internal sealed class NothingSource : EntrySource
{
    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports => [];

    /// <inheritdoc/>
    public override long BytesRead => 0;

    /// <inheritdoc/>
    public override IAsyncEnumerable<EntryBatch> ReadAsync(CancellationToken cancellationToken) =>
        AsyncEnumerable.Empty<EntryBatch>();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
