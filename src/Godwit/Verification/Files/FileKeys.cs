using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Sources.Rdb;

namespace Godwit.Verification.Files;

/// <summary>RDB files as one side of a comparison: they can be read from beginning to end, as often as need be.</summary>
/// <param name="endpoint">Names them.</param>
/// <param name="maxMemory">Bytes that may be held.</param>
/// <param name="pace">How fast they are read.</param>
/// <param name="timeProvider">Tells what is over when the comparison begins: each reading gives the same.</param>
internal sealed class FileKeys(RdbFileEndpoint endpoint, long maxMemory, SourcePace pace, TimeProvider timeProvider)
{
    // What a value takes decoded may be some times its bytes.
    private const int ShareOfMemory = 16;

    private readonly BufferBudget _budget = new(maxMemory / 4);
    private readonly long _now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
    private IReadOnlyList<SourceReport>? _reports;
    private RdbFileSource? _reading;
    private long _bytesRead;

    /// <summary>What the report says of them.</summary>
    public IReadOnlyList<SourceReport> Reports => _reports ?? SourceReport.NotOpened([endpoint]);

    /// <summary>They have been read to their end.</summary>
    public bool WereRead => _reports is not null;

    /// <summary>Bytes that were read so far. May be read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead) + (Volatile.Read(ref _reading)?.BytesRead ?? 0);

    /// <summary>Sees that every file is there and begins as it should.</summary>
    /// <exception cref="Protocol.GodwitException">One is missing, or no RDB file.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var source = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Reads all of it. Whoever takes a batch owns it.</summary>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var source = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = source.ConfigureAwait(false);
        _reading = source;
        await foreach (var batch in source.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return batch;
        _reports = source.Reports;
        Volatile.Write(ref _reading, null);
        Volatile.Write(ref _bytesRead, _bytesRead + source.BytesRead);
    }

    private async Task<RdbFileSource> OpenAsync(CancellationToken cancellationToken)
    {
        // Nothing is settled there: that account is a migration's.
        var ledger = new Ledger(new DeadLetters("", long.MaxValue), Losses.None);
        var source = await RdbFileSource
            .OpenAsync(endpoint, retry: null, pace, ledger, cancellationToken)
            .ConfigureAwait(false);
        source.Prepare(_budget, new LargeValueLimits(Math.Min(LargeValueLimits.Default, maxMemory / ShareOfMemory)));

        // A migration does not write what is over, and takes the key from the next file that has it.
        if (source.Count > 1)
            source.OverBy = _now;
        return source;
    }
}
