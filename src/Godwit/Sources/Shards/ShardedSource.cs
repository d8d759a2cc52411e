using System.Globalization;
using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections.Topology;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Sources.Shards;

/// <summary>
/// A source whose servers may take each other's place. All shards are read side by side, each with the slots that it owned at
/// the beginning, while a <see cref="SlotWatch"/> looks which slots change hands. What was read of those does not count; they
/// are read again, by their new owners, until nothing has changed in between.
/// </summary>
internal sealed class ShardedSource : EntrySource
{
    // Slots that still change hands after so many looks do not come to rest while we wait.
    private const int MostLooks = 20;

    // From this part of a shard's slots on, a whole snapshot costs its server less than asking for each key.
    private const int SnapshotFrom = 8;

    private readonly ShardedEnd _end;
    private readonly ShardOpener _opener;
    private readonly SlotWatch _watch;
    private readonly OwnersWait _owners;
    private readonly Ledger _ledger;
    private readonly IMigrationLog _log;
    private readonly IReadOnlyList<BufferBudget> _shares;
    private readonly ShardMap _firstMap;
    private readonly List<Account> _accounts = [];
    private readonly RetryList? _retry;
    private ManySources? _firstLook;
    private EntrySource? _decided;
    private volatile bool _serverWideGiven;
    private long _readBefore;
    private EntrySource? _reading;
    private int _looks;

    private ShardedSource(
        ShardedEnd end,
        MigrationOptions options,
        LargeValueLimits? limits,
        RetryList? retry,
        IReadOnlyList<BufferBudget> shares,
        Ledger ledger,
        IMigrationLog log,
        TimeProvider timeProvider
    )
    {
        _end = end;
        _retry = retry;
        _shares = shares;
        _ledger = ledger;
        _log = log;
        _firstMap = end.Topology.Map;
        _watch = new SlotWatch(end.Topology, log, timeProvider);
        _owners = new OwnersWait(end.Topology, log, timeProvider);
        _opener = new ShardOpener(end, options, limits, retry, _watch, ledger, log, timeProvider);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [
            new(_end.Name, _end.Describe(), _opener.Way == ReadMode.Sync ? "sync" : "scan")
            {
                Keys = _accounts.Aggregate(default(KeyCounts), (sum, account) => sum + account.Counts),
            },
        ];

    /// <inheritdoc/>
    public override long BytesRead =>
        (_firstLook?.BytesRead ?? 0) + Interlocked.Read(ref _readBefore) + (_reading?.BytesRead ?? 0);

    /// <inheritdoc/>
    public override long? ExpectedKeys => _retry?.Count ?? _end.Keys;

    /// <summary>Opens the shards that are read first.</summary>
    /// <param name="end">The source.</param>
    /// <param name="options">What the user chose.</param>
    /// <param name="limits">From which size on a value goes in pieces; null: never.</param>
    /// <param name="retry">The keys to try again; null for all.</param>
    /// <param name="shares">A bound for the buffers of each shard that is read at a time.</param>
    /// <param name="ledger">Opens the accounts.</param>
    /// <param name="log">Told of what happens.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">A shard cannot be opened.</exception>
    public static async Task<ShardedSource> OpenAsync(
        ShardedEnd end,
        MigrationOptions options,
        LargeValueLimits? limits,
        RetryList? retry,
        IReadOnlyList<BufferBudget> shares,
        Ledger ledger,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var source = new ShardedSource(end, options, limits, retry, shares, ledger, log, timeProvider);
        try
        {
            source._watch.Start();
            await source.OpenFirstAsync(cancellationToken).ConfigureAwait(false);
            return source;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool MayLookAgain => true;

    /// <inheritdoc/>
    public override IAsyncEnumerable<EntryBatch> ReadAsync(CancellationToken cancellationToken) =>
        _firstLook!.ReadAsync(cancellationToken);

    // The last look tells of what changed since the one before. Only after it a run may say that it has read everything.
    /// <inheritdoc/>
    public override async Task<bool> MustLookAgainAsync(CancellationToken cancellationToken)
    {
        _watch.Compare(await _owners.WaitAsync(_watch.Suspects, cancellationToken).ConfigureAwait(false));
        return _watch.Suspects().Any();
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> LookAgainAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (++_looks > MostLooks)
        {
            throw new UnsettledSourceException(
                $"{_end.Name} does not come to rest: slots have changed hands in each of {MostLooks} looks",
                "Wait until no slots are being moved, and run again with --on-existing skip."
            );
        }

        var map = await _owners.WaitAsync(_watch.Suspects, cancellationToken).ConfigureAwait(false);
        var slots = _watch.Take(map);
        var before = _accounts.Sum(account => account.VoidSlots(slots));
        var account = Open(isReadAgain: true);
        foreach (
            var owned in slots.Where(slot => map.OwnerOf(slot) is not null).GroupBy(slot => map.OwnerOf(slot)!.Value)
        )
        {
            var reading = await TryOpenAgainAsync(map, map.Shards[owned.Key], [.. owned], account, cancellationToken)
                .ConfigureAwait(false);
            if (reading is null)
                continue;

            await using var closing = reading.ConfigureAwait(false);
            _reading = reading;
            await foreach (var batch in reading.ReadAsync(cancellationToken).ConfigureAwait(false))
                yield return batch;
            _reading = null;
            Interlocked.Add(ref _readBefore, reading.BytesRead);
        }

        _ledger.Events.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{slots.Count} {(slots.Count == 1 ? "slot" : "slots")} of {_end.Name} changed hands or lost their server while being read, and were read again: {before} keys counted before, {account.Taken} after"
            )
        );
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync().ConfigureAwait(false);
        if (_decided is not null)
            await _decided.DisposeAsync().ConfigureAwait(false);
        if (_firstLook is not null)
            await _firstLook.DisposeAsync().ConfigureAwait(false);
    }

    private async Task OpenFirstAsync(CancellationToken cancellationToken)
    {
        _decided = await _opener
            .DecideAsync(token => OpenFirstOfAsync(0, _shares[0], token), cancellationToken)
            .ConfigureAwait(false);
        if (_decided is null)
            _accounts.Clear();
        var shards = new List<DeferredSource>();
        for (var i = 0; i < _firstMap.Shards.Count; i++)
        {
            var index = i;
            var isFirst = i < _shares.Count;
            shards.Add(
                new DeferredSource(_end.Name, Reports, (share, token) => OpenOrLoseAsync(index, share, isFirst, token))
            );
        }

        _firstLook = new ManySources(shards, _shares) { ExpectedKeysInAll = ExpectedKeys };
        await _firstLook.OpenFirstAsync(cancellationToken).ConfigureAwait(false);
    }

    // Once others have been read a shard that is just lost can wait for the second look.
    private async Task<EntrySource> OpenOrLoseAsync(
        int index,
        BufferBudget share,
        bool isFirst,
        CancellationToken cancellationToken
    )
    {
        if (index == 0 && Interlocked.Exchange(ref _decided, null) is { } decided)
            return decided;

        try
        {
            return await OpenFirstOfAsync(index, share, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException exception) when (!isFirst && ShardSource.IsLoss(exception))
        {
            var shard = _firstMap.Shards[index];
            _opener.Lose(shard, shard.Primary.Address, exception);
            return new NothingSource();
        }
    }

    private async Task<EntrySource> OpenFirstOfAsync(int index, BufferBudget share, CancellationToken cancellationToken)
    {
        Account account;
        lock (_accounts)
            account = _accounts.Count > 0 ? _accounts[0] : Open(isReadAgain: false);
        var isFirst = index == 0;
        var source = await _opener
            .OpenAsync(
                _firstMap.Shards[index],
                slot => _firstMap.OwnerOf(slot) == index && !_watch.IsSuspect(slot),
                isFirst ? () => _serverWideGiven = true : null,
                account,
                share,
                cancellationToken
            )
            .ConfigureAwait(false);
        return source;
    }

    private Action? GiveServerWide() => _serverWideGiven ? null : () => _serverWideGiven = true;

    // A snapshot gives no key twice.
    private Account Open(bool isReadAgain)
    {
        var account = _ledger.Open(
            _end.Name,
            mayRepeat: !isReadAgain && _opener.Way == ReadMode.Scan && _retry is null,
            isReadAgain: isReadAgain,
            isOfOneDatabase: _end.Named.Database is not null,
            countsBySlot: true,
            secondLook: _watch
        );
        _accounts.Add(account);
        return account;
    }

    private async Task<EntrySource?> TryOpenAgainAsync(
        ShardMap map,
        Shard shard,
        IReadOnlyList<int> slots,
        Account account,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var isMoving = slots.Any(map.MovingSlots.Contains);
            var byName =
                _end.Topology.IsCluster
                && (
                    _opener.Way == ReadMode.Scan
                    || isMoving
                    || slots.Count * SnapshotFrom < shard.Slots.Sum(range => range.Count)
                );
            if (byName)
            {
                return await _opener
                    .OpenSlotsAsync(shard, map, slots, GiveServerWide(), account, _shares[0], cancellationToken)
                    .ConfigureAwait(false);
            }

            var wanted = slots.ToHashSet();
            return await _opener
                .OpenAsync(shard, wanted.Contains, GiveServerWide(), account, _shares[0], cancellationToken)
                .ConfigureAwait(false);
        }
        catch (GodwitException exception) when (ShardSource.IsLoss(exception))
        {
            _opener.Lose(shard, shard.Primary.Address, exception);
            return null;
        }
    }
}
