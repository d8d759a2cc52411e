using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Live.Expiry;
using Godwit.Live.Links;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Sources.Rdb;

namespace Godwit.Live;

/// <summary>The snapshot of a link's generation, with its expiries held back.</summary>
internal sealed class LinkSnapshotSource : EntrySource
{
    private readonly LinkGeneration _generation;
    private readonly SnapshotReader _reader;
    private readonly ExpiryHold _expiries;
    private readonly Account _account;
    private readonly FollowedServer _server;
    private long _read;

    /// <summary>Begins at the generation's first byte.</summary>
    /// <param name="generation">What the server sends.</param>
    /// <param name="server">The server.</param>
    /// <param name="database">The one database that is meant; null for all.</param>
    /// <param name="limits">From which size on a value goes in pieces; null: never.</param>
    /// <param name="budget">Gives the buffers.</param>
    /// <param name="pace">How fast it may be read.</param>
    /// <param name="expiries">Keeps expiries back.</param>
    /// <param name="account">Where its keys are settled.</param>
    public LinkSnapshotSource(
        LinkGeneration generation,
        FollowedServer server,
        int? database,
        LargeValueLimits? limits,
        BufferBudget budget,
        SourcePace pace,
        ExpiryHold expiries,
        Account account
    )
    {
        _generation = generation;
        _server = server;
        _expiries = expiries;
        _account = account;
        var choice = new EntryChoice(database, retry: null)
        {
            Slots = server.Slots.IsAll ? null : server.Slots.Contains,
            OmitsServerWide = !server.IsFirst,
        };
        _reader = new SnapshotReader(ReadAsync, choice, limits, budget, pace);
        ExpectedKeys = server.Info.KeysIn(database);
    }

    /// <summary>The database that is selected where the changes begin. Known when all was read.</summary>
    public int StreamDatabase => _reader.StreamDatabase;

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [
            new SourceReport(_server.Shard.Primary.ToString(), _server.Info.DisplayName, "sync")
            {
                Keys = _account.Counts,
            },
        ];

    /// <inheritdoc/>
    public override long BytesRead => Volatile.Read(ref _read);

    /// <inheritdoc/>
    public override long? ExpectedKeys { get; }

    /// <inheritdoc/>
    public override long? ExpectedBytes => _generation.SnapshotLength;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var batch in _reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            batch.Account = _account;
            _expiries.Apply(batch);
            yield return batch;
        }

        if (_reader.Rest.Length > 0)
            throw new ProtocolException(_read, "the end of the snapshot", "more bytes");
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await _generation.ReadSnapshotAsync(buffer, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _read, _read + count);
        return count;
    }
}
