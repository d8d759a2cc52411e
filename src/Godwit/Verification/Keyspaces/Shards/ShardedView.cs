using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>
/// A cluster, or the primary that Sentinels name. Each key is asked for at the server that has its slot; where that has moved, is on its
/// way, or its server is lost, the key is asked for by itself until somebody answers for it.
/// </summary>
internal sealed class ShardedView : KeyspaceView
{
    private readonly ShardAccess _access;
    private readonly ServerInfo _info;
    private readonly ShardedViewSettings _settings;
    private readonly ShardNames _names;
    private readonly ShardWatch _watch;
    private readonly ShardQuestions _questions;
    private readonly ShardFunctions _functions;

    /// <summary>Reads through it.</summary>
    /// <param name="access">Reaches its servers. Owned.</param>
    /// <param name="info">What a server says of itself.</param>
    /// <param name="settings">What is asked, and how.</param>
    public ShardedView(ShardAccess access, ServerInfo info, ShardedViewSettings settings)
    {
        _access = access;
        _info = info;
        _settings = settings;
        _names = new ShardNames(access, settings);
        _watch = new ShardWatch(access);
        _questions = new ShardQuestions(access, new LoneKeys(access, settings));
        _functions = new ShardFunctions(access, settings);
    }

    /// <inheritdoc/>
    public override string Uri => _access.Topology.Named.ToString()!;

    /// <inheritdoc/>
    public override string Server =>
        _access.Topology.IsCluster
            ? $"{_info.DisplayName} cluster of {_access.Map.Shards.Count} {(_access.Map.Shards.Count == 1 ? "shard" : "shards")}"
            : _info.DisplayName;

    /// <inheritdoc/>
    public override long BytesRead => _access.BytesRead;

    /// <inheritdoc/>
    public override bool GivesStrings => _settings.GivesStrings;

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<KeyspaceInfo>> DatabasesAsync(CancellationToken cancellationToken)
    {
        var all = await _access
            .AskEveryPrimaryAsync(view => view.DatabasesAsync(cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return
        [
            .. all.SelectMany(held => held)
                .GroupBy(held => held.Database)
                .Select(held => new KeyspaceInfo(held.Key, held.Sum(one => one.Keys), held.Sum(one => one.Expires))),
        ];
    }

    /// <inheritdoc/>
    public override async Task<bool> HasDatabaseAsync(int database, CancellationToken cancellationToken)
    {
        var all = await _access
            .AskEveryPrimaryAsync(view => view.HasDatabaseAsync(database, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return all.All(hasIt => hasIt);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<byte[][]> ScanAsync(int database, CancellationToken cancellationToken) =>
        _names.ScanAsync(database, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(
        int database,
        byte[][] keys,
        long[] sizes,
        CancellationToken cancellationToken
    ) =>
        await KeyDivision
            .AskAsync(
                _access.Map,
                keys,
                async (part, node) =>
                {
                    // Of one that is lost nothing is known of its keys yet, and they are asked for one by one.
                    var some = new long[part.Indices.Count];
                    await _access
                        .TryAskAsync(
                            node,
                            async view =>
                            {
                                await view.MeasureAsync(database, part.Of(keys), some, cancellationToken)
                                    .ConfigureAwait(false);
                                return true;
                            },
                            cancellationToken
                        )
                        .ConfigureAwait(false);
                    for (var i = 0; i < some.Length; i++)
                        sizes[part.Indices[i]] = Math.Max(sizes[part.Indices[i]], some[i]);
                }
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<bool[]> FindAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var found = new bool?[keys.Length];
        await KeyDivision
            .AskAsync(
                _access.Map,
                keys,
                async (part, node) =>
                {
                    var some = await _access
                        .TryAskAsync(
                            node,
                            view => view.TryFindAsync(database, part.Of(keys), cancellationToken).AsTask(),
                            cancellationToken
                        )
                        .ConfigureAwait(false);
                    for (var i = 0; some is not null && i < some.Length; i++)
                        found[part.Indices[i]] = some[i];
                }
            )
            .ConfigureAwait(false);
        for (var i = 0; i < keys.Length; i++)
        {
            found[i] ??=
                (
                    await ExecuteAsync(database, keys[i], ["EXISTS", keys[i]], cancellationToken).ConfigureAwait(false)
                ).Integer > 0;
        }

        return [.. found.Select(one => one!.Value)];
    }

    /// <inheritdoc/>
    public override ValueTask AskAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        _questions.AskAsync(database, keys, asStrings: false, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask AskStringsAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        _questions.AskAsync(database, keys, asStrings: true, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken) =>
        _questions.ReadAsync(readings, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<long> ExpiryAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        if (!_settings.HasExpireTime)
        {
            return await _access
                .AskOwnerAsync(
                    database,
                    key,
                    view => view.ExpiryAsync(database, key, cancellationToken).AsTask(),
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        const long KeyIsGone = -2;
        var reply = await ExecuteAsync(database, key, ["PEXPIRETIME", key], cancellationToken).ConfigureAwait(false);
        return reply.Integer == KeyIsGone ? 0 : reply.Integer;
    }

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    ) => await _access.ExecuteAsync(database, key, command, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteEverywhereAsync(
        RespArgument[] command,
        CancellationToken cancellationToken
    ) => await _access.ExecuteEverywhereAsync(command, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<RedisConnection> ConnectionAsync(
        int database,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        // The slot may have moved since the map was asked: then this finds out.
        await ExecuteAsync(database, key, ["TYPE", key], cancellationToken).ConfigureAwait(false);
        return await _access
            .AskOwnerAsync(
                database,
                key,
                view => view.ConnectionAsync(database, key, cancellationToken).AsTask(),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TryLoseAsync(RedisConnection lost, CancellationToken cancellationToken)
    {
        if (!_access.Knows(lost.Endpoint))
            return false;

        await _access.LoseAsync(lost.Endpoint).ConfigureAwait(false);
        await _access.RenewAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> WatchAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        await _watch.BeginAsync(database, keys, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> EndWatchAsync(int database, CancellationToken cancellationToken) =>
        _watch.EndAsync(database, cancellationToken);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> FunctionsAsync(CancellationToken cancellationToken) =>
        _functions.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _access.DisposeAsync();
}
