using Godwit.Batches;
using Godwit.Migration;

namespace Godwit.Sources;

/// <summary>
/// One of several sources, opened when its turn comes: a primary that had its snapshot ready would give us up if we came for it
/// much later. Owns what it opens.
/// </summary>
/// <param name="name">The URI or path that its user named, without secrets.</param>
/// <param name="beforehand">What the report says while it is not open.</param>
/// <param name="open">Opens it; its buffers come from the budget.</param>
internal sealed class DeferredSource(
    string name,
    IReadOnlyList<SourceReport> beforehand,
    Func<BufferBudget, CancellationToken, Task<EntrySource>> open
) : EntrySource
{
    private volatile EntrySource? _opened;
    private int _disposed;

    /// <summary>The URI or path that its user named, without secrets.</summary>
    public string Name => name;

    /// <summary>Keys that it is about to give, as far as that is known before it is open.</summary>
    public long? ExpectedKeysBeforehand { get; init; }

    /// <summary>Bytes that it is about to give, likewise.</summary>
    public long? ExpectedBytesBeforehand { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports => _opened?.Reports ?? beforehand;

    /// <inheritdoc/>
    public override long BytesRead => _opened?.BytesRead ?? 0;

    /// <inheritdoc/>
    public override long? ExpectedKeys => _opened is { } opened ? opened.ExpectedKeys : ExpectedKeysBeforehand;

    /// <inheritdoc/>
    public override long? ExpectedBytes => _opened is { } opened ? opened.ExpectedBytes : ExpectedBytesBeforehand;

    /// <summary>Opens it, unless it is open.</summary>
    public async Task OpenAsync(BufferBudget budget, CancellationToken cancellationToken) =>
        _opened ??= await open(budget, cancellationToken).ConfigureAwait(false);

    /// <summary>As <see cref="EntrySource.ReadAsync"/>; it must be open.</summary>
    public override IAsyncEnumerable<EntryBatch> ReadAsync(CancellationToken cancellationToken) =>
        (_opened ?? throw new InvalidOperationException($"{name} is not open")).ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public override bool MayLookAgain => _opened is { MayLookAgain: true };

    /// <inheritdoc/>
    public override Task<bool> MustLookAgainAsync(CancellationToken cancellationToken) =>
        _opened is { } opened ? opened.MustLookAgainAsync(cancellationToken) : Task.FromResult(false);

    /// <inheritdoc/>
    public override IAsyncEnumerable<EntryBatch> LookAgainAsync(CancellationToken cancellationToken) =>
        (_opened ?? throw new InvalidOperationException($"{name} is not open")).LookAgainAsync(cancellationToken);

    /// <summary>Closes it, unless it may have to be read again.</summary>
    public ValueTask EndReadingAsync() => _opened is { MayLookAgain: true } ? ValueTask.CompletedTask : DisposeAsync();

    /// <summary>Closes it. What the report says of it remains.</summary>
    public override ValueTask DisposeAsync() =>
        _opened is { } opened && Interlocked.Exchange(ref _disposed, 1) == 0
            ? opened.DisposeAsync()
            : ValueTask.CompletedTask;
}
