using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Sources.Shards;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Verification.Keyspaces;

/// <summary>
/// A cluster, or the primary that Sentinels name. Each key is asked for at the server that has its slot; where that has moved, is on its
/// way, or its server is lost, the key is asked for by itself until somebody answers for it.
/// </summary>
/// <param name="topology">Who holds what. Owned.</param>
/// <param name="info">What a server says of itself.</param>
/// <param name="open">Connects to a server.</param>
/// <param name="settings">What is asked, and how.</param>
internal sealed class ShardedView(
    ServerTopology topology,
    ServerInfo info,
    Func<RedisEndpoint, CancellationToken, Task<ServerView>> open,
    ShardedViewSettings settings
) : KeyspaceView
{
    // Longer than a failover takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NodeErrand _errand = new(topology, new ConnectionOptions(), Patience, settings.TimeProvider);
    private readonly ShardViews _views = new(open);
    private readonly Queue<Asked> _asked = new();
    private readonly List<ServerView> _watching = [];
    private byte[]? _located;
    private bool _watchIsBroken;

    /// <inheritdoc/>
    public override string Uri => topology.Named.ToString()!;

    /// <inheritdoc/>
    public override string Server =>
        topology.IsCluster
            ? $"{info.DisplayName} cluster of {topology.Map.Shards.Count} {(topology.Map.Shards.Count == 1 ? "shard" : "shards")}"
            : info.DisplayName;

    /// <inheritdoc/>
    public override long BytesRead => _views.BytesRead;

    /// <inheritdoc/>
    public override bool GivesStrings => settings.GivesStrings;

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<KeyspaceInfo>> DatabasesAsync(CancellationToken cancellationToken)
    {
        var all = new List<KeyspaceInfo>();
        foreach (var shard in topology.Map.Shards)
        {
            var view = await _views.AtAsync(shard.Primary, cancellationToken).ConfigureAwait(false);
            all.AddRange(await view.DatabasesAsync(cancellationToken).ConfigureAwait(false));
        }

        return
        [
            .. all.GroupBy(held => held.Database)
                .Select(held => new KeyspaceInfo(held.Key, held.Sum(one => one.Keys), held.Sum(one => one.Expires))),
        ];
    }

    /// <inheritdoc/>
    public override async Task<bool> HasDatabaseAsync(int database, CancellationToken cancellationToken)
    {
        foreach (var shard in topology.Map.Shards)
        {
            var view = await _views.AtAsync(shard.Primary, cancellationToken).ConfigureAwait(false);
            if (!await view.HasDatabaseAsync(database, cancellationToken).ConfigureAwait(false))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    // What went from a server that was still to be scanned to one that had been was in neither scan: such slots are listed once more.
    public override async IAsyncEnumerable<byte[][]> ScanAsync(
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var watch = new SlotWatch(topology, settings.Log, settings.TimeProvider);
        await using var closing = watch.ConfigureAwait(false);
        watch.Start();
        var scanned = new HashSet<string>(StringComparer.Ordinal);
        while (topology.Map.Shards.FirstOrDefault(shard => !scanned.Contains(shard.Name)) is { } shard)
        {
            await foreach (var names in ScanAsync(shard.Name, database, cancellationToken).ConfigureAwait(false))
                yield return names;
            scanned.Add(shard.Name);
        }

        while (true)
        {
            await _errand.RenewAsync(cancellationToken).ConfigureAwait(false);
            var map = topology.Map;
            var suspects = watch.Take(map);
            if (suspects.Count == 0)
                yield break;

            // Without slots that can be listed: all that the new primary has.
            if (!topology.IsCluster)
            {
                foreach (var shard in map.Shards)
                {
                    await foreach (
                        var names in ScanAsync(shard.Name, database, cancellationToken).ConfigureAwait(false)
                    )
                        yield return names;
                }

                continue;
            }

            foreach (var slot in suspects)
            {
                await foreach (var names in ListAsync(map, slot, database, cancellationToken).ConfigureAwait(false))
                    yield return names;
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(
        int database,
        byte[][] keys,
        long[] sizes,
        CancellationToken cancellationToken
    ) =>
        await Task.WhenAll(
                Divide(keys)
                    .Where(part => part.Node is not null)
                    .Select(async part =>
                    {
                        // Of one that is lost nothing is known of its keys yet, and they are asked for one by one.
                        var some = new long[part.Indices.Count];
                        await TryAsync(
                                part.Node!,
                                async view =>
                                {
                                    await view.MeasureAsync(database, Of(keys, part.Indices), some, cancellationToken)
                                        .ConfigureAwait(false);
                                    return true;
                                },
                                cancellationToken
                            )
                            .ConfigureAwait(false);
                        for (var i = 0; i < some.Length; i++)
                            sizes[part.Indices[i]] = Math.Max(sizes[part.Indices[i]], some[i]);
                    })
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<bool[]> FindAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var found = new bool?[keys.Length];
        await Task.WhenAll(
                Divide(keys)
                    .Where(part => part.Node is not null)
                    .Select(async part =>
                    {
                        var some = await TryAsync(
                                part.Node!,
                                async view =>
                                    await view.TryFindAsync(database, Of(keys, part.Indices), cancellationToken)
                                        .ConfigureAwait(false),
                                cancellationToken
                            )
                            .ConfigureAwait(false);
                        for (var i = 0; some is not null && i < some.Length; i++)
                            found[part.Indices[i]] = some[i];
                    })
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
        AskAsync(database, keys, asStrings: false, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask AskStringsAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        AskAsync(database, keys, asStrings: true, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken)
    {
        var asked = _asked.Dequeue();
        var places = new (KeyReadings Group, int Index)?[asked.Keys.Length];
        foreach (var part in asked.Parts)
        {
            var group = new KeyReadings();
            if (!await TryReadAsync(part.View, group, cancellationToken).ConfigureAwait(false))
                continue;
            for (var i = 0; i < part.Indices.Count; i++)
                places[part.Indices[i]] = (group, i);
        }

        readings.Clear();
        for (var i = 0; i < asked.Keys.Length; i++)
        {
            if (places[i] is var (group, index) && group[index].Presence != KeyPresence.Elsewhere)
                readings.Add(group, index);
            else if (asked.AsStrings)
                readings.Add(KeyPresence.Unread);
            else
                await ReadAloneAsync(asked.Database, asked.Keys[i], readings, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> ExpiryAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        if (!settings.HasExpireTime)
        {
            var view = await ViewOfAsync(database, key, cancellationToken).ConfigureAwait(false);
            return await view.ExpiryAsync(database, key, cancellationToken).ConfigureAwait(false);
        }

        var reply = await ExecuteAsync(database, key, ["PEXPIRETIME", key], cancellationToken).ConfigureAwait(false);
        return reply.Integer == KeyIsGone ? 0 : reply.Integer;
    }

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    ) => await _errand.ExecuteAsync(database, key, command, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteEverywhereAsync(
        RespArgument[] command,
        CancellationToken cancellationToken
    )
    {
        RespValue? last = null;
        await _errand
            .AtEveryPrimaryAsync(
                async connection =>
                {
                    var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
                    last = last is { IsError: true } ? last : reply;
                    return null;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return last!;
    }

    /// <inheritdoc/>
    // Once for each key that is looked at: its slot may have moved since the map was asked.
    public override async ValueTask<RedisConnection> ConnectionAsync(
        int database,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        if (!ReferenceEquals(_located, key))
        {
            await ExecuteAsync(database, key, ["TYPE", key], cancellationToken).ConfigureAwait(false);
            _located = key;
        }

        var view = await ViewOfAsync(database, key, cancellationToken).ConfigureAwait(false);
        return await view.ConnectionAsync(database, key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> WatchAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        _watching.Clear();
        var since = settings.TimeProvider.GetTimestamp();
        while (!await TryWatchAsync(database, keys, cancellationToken).ConfigureAwait(false))
        {
            // Nobody came in time: then nothing is known to hold still.
            if (settings.TimeProvider.GetElapsedTime(since) > Patience)
            {
                _watchIsBroken = true;
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), settings.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
            await _errand.RenewAsync(cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> EndWatchAsync(int database, CancellationToken cancellationToken)
    {
        var heldStill = !_watchIsBroken;
        foreach (var view in _watching)
        {
            try
            {
                heldStill &= await view.EndWatchAsync(database, cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionException exception) when (topology.CanFailOver && exception.IsTransient)
            {
                // What its keys did after that is not known.
                heldStill = false;
                await _views.LoseAsync(view).ConfigureAwait(false);
            }
        }

        return heldStill;
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyDictionary<string, byte[]>> FunctionsAsync(CancellationToken cancellationToken)
    {
        var shards = new List<IReadOnlyDictionary<string, byte[]>>();
        foreach (var shard in topology.Map.Shards)
        {
            var view = await _views.AtAsync(shard.Primary, cancellationToken).ConfigureAwait(false);
            shards.Add(await view.FunctionsAsync(cancellationToken).ConfigureAwait(false));
        }

        var all = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, code) in shards.SelectMany(shard => shard))
            all.TryAdd(name, code);
        if (!settings.IsTarget)
            return all;

        // A library that one primary lacks, or has in another form, is like none.
        foreach (var name in all.Keys.ToArray())
        {
            if (!shards.TrueForAll(shard => shard.TryGetValue(name, out var code) && code.SequenceEqual(all[name])))
                all[name] = [.. all[name], 0];
        }

        return all;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _views.DisposeAsync().ConfigureAwait(false);
        await topology.DisposeAsync().ConfigureAwait(false);
    }

    private const long KeyIsGone = -2;

    // False if a server is lost: those that are watched by then are so still, and end with the others.
    private async Task<bool> TryWatchAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        _watchIsBroken = false;
        foreach (var part in Divide(keys))
        {
            if (part.Node is null)
            {
                _watchIsBroken = true;
                continue;
            }

            // One whose slot is not there is not known to hold still.
            var watched = await TryAsync(
                    part.Node,
                    async view =>
                        (
                            View: view,
                            AreWatched: await view.WatchAsync(database, Of(keys, part.Indices), cancellationToken)
                                .ConfigureAwait(false)
                        ),
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (watched.View is null)
                return false;
            _watchIsBroken |= !watched.AreWatched;
            if (!_watching.Contains(watched.View))
                _watching.Add(watched.View);
        }

        return true;
    }

    // From the beginning again where its primary was lost: some names then come twice.
    private async IAsyncEnumerable<byte[][]> ScanAsync(
        string shard,
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var since = settings.TimeProvider.GetTimestamp();
        while (topology.Map.Shards.FirstOrDefault(one => one.Name == shard) is { } found)
        {
            var isLost = false;
            ConnectionException? failure = null;
            var names = ScanAtAsync(found.Primary, database, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var closing = names.ConfigureAwait(false);
            while (!isLost)
            {
                try
                {
                    if (!await names.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (ConnectionException exception) when (topology.CanFailOver && exception.IsTransient)
                {
                    (isLost, failure) = (true, exception);
                    continue;
                }

                since = settings.TimeProvider.GetTimestamp();
                yield return names.Current;
            }

            if (settings.TimeProvider.GetElapsedTime(since) > Patience)
                throw failure!;
            await _views.LoseAsync(found.Primary).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromMilliseconds(250), settings.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
            await _errand.RenewAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<byte[][]> ScanAtAsync(
        RedisEndpoint node,
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var view = await _views.AtAsync(node, cancellationToken).ConfigureAwait(false);
        await foreach (var names in view.ScanAsync(database, cancellationToken).ConfigureAwait(false))
            yield return names;
    }

    // First at the owner: a key goes from there to another one, never back.
    private async IAsyncEnumerable<byte[][]> ListAsync(
        ShardMap map,
        int slot,
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var owner = map.OwnerOf(slot);
        foreach (var shard in map.Shards.OrderByDescending(shard => owner is { } at && shard == map.Shards[at]))
        {
            var connection = await RedisConnection
                .ConnectAsync(
                    shard.Primary with
                    {
                        Database = database,
                    },
                    new ConnectionOptions(),
                    settings.TimeProvider,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            var count = await connection
                .ExecuteAsync(cancellationToken, "CLUSTER", "COUNTKEYSINSLOT", slot)
                .ConfigureAwait(false);
            if (count.Integer == 0)
                continue;
            var names = await connection
                .ExecuteAsync(cancellationToken, "CLUSTER", "GETKEYSINSLOT", slot, (count.Integer * 2) + 16)
                .ConfigureAwait(false);
            foreach (var some in names.Items.Select(name => name.Bytes.ToArray()).Chunk(settings.Round))
                yield return some;
        }
    }

    private async ValueTask AskAsync(int database, byte[][] keys, bool asStrings, CancellationToken cancellationToken)
    {
        var parts = new List<(ServerView, List<int>)>();
        foreach (var part in Divide(keys).Where(part => part.Node is not null))
        {
            var view = await TryAsync(
                    part.Node!,
                    async view =>
                    {
                        var names = Of(keys, part.Indices);
                        if (asStrings)
                            await view.AskStringsAsync(database, names, cancellationToken).ConfigureAwait(false);
                        else
                            await view.AskAsync(database, names, cancellationToken).ConfigureAwait(false);
                        return view;
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (view is not null)
                parts.Add((view, part.Indices));
        }

        _asked.Enqueue(new Asked(database, keys, asStrings, parts));
    }

    private async ValueTask<bool> TryReadAsync(
        ServerView view,
        KeyReadings readings,
        CancellationToken cancellationToken
    )
    {
        if (_views.IsLost(view))
            return false;

        try
        {
            await view.ReadAsync(readings, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConnectionException exception) when (topology.CanFailOver && exception.IsTransient)
        {
            await _views.LoseAsync(view).ConfigureAwait(false);
            await _errand.RenewAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
    }

    // At whoever has it, and as often as it takes.
    private async ValueTask ReadAloneAsync(
        int database,
        byte[] key,
        KeyReadings readings,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await ReadOneAsync(database, key, readings, cancellationToken).ConfigureAwait(false);
        }
        catch (ServerErrorException exception) when (exception.Code == "NOPERM")
        {
            readings.Add(KeyPresence.Forbidden);
        }
    }

    private async ValueTask ReadOneAsync(
        int database,
        byte[] key,
        KeyReadings readings,
        CancellationToken cancellationToken
    )
    {
        if (settings.Mode == VerifyMode.Existence)
        {
            var exists = await AskAsync("EXISTS").ConfigureAwait(false);
            if (exists.Integer == 0)
                readings.Add(KeyPresence.Gone);
            else
                readings.Add(Entry.None, []);
            return;
        }

        if (settings.Mode == VerifyMode.Type)
        {
            var type = (await AskAsync("TYPE").ConfigureAwait(false)).Text;
            if (type == "none")
            {
                readings.Add(KeyPresence.Gone);
                return;
            }

            readings.Add(type);
            if (KeyQuestions.LengthCommand(type) is { } command)
            {
                var length = await AskAsync(command).ConfigureAwait(false);
                readings.SetLength(readings.Count - 1, length.Integer);
            }

            return;
        }

        var expiry = await AskExpiryAsync().ConfigureAwait(false);
        var payload = settings.Mode == VerifyMode.Full ? await AskAsync("DUMP").ConfigureAwait(false) : null;
        if (expiry == KeyIsGone || payload is { IsNull: true })
            readings.Add(KeyPresence.Gone);
        else
            readings.Add(expiry, payload is null ? [] : payload.Bytes.Span);

        Task<RespValue> AskAsync(string command) =>
            _errand.ExecuteAsync(database, key, [command, key], cancellationToken);

        // Before 7.0 it is only told how much is left. What our clock makes of that is asked again, exactly, where it matters.
        async Task<long> AskExpiryAsync()
        {
            var reply = await AskAsync(settings.HasExpireTime ? "PEXPIRETIME" : "PTTL").ConfigureAwait(false);
            if (settings.HasExpireTime || reply.Integer < 0)
                return reply.Integer;
            readings.ExpiryError = long.MaxValue / 4;
            return settings.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() + reply.Integer;
        }
    }

    private async ValueTask<ServerView> ViewOfAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (topology.Map.OwnerOf(key) is { } owner)
            {
                var view = await _views
                    .AtAsync(topology.Map.Shards[owner].Primary, cancellationToken)
                    .ConfigureAwait(false);
                return view;
            }

            // Returns when somebody owns the slot, or throws.
            await ExecuteAsync(database, key, ["TYPE", key], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T?> TryAsync<T>(
        RedisEndpoint node,
        Func<ServerView, Task<T>> ask,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ask(await _views.AtAsync(node, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (ConnectionException exception) when (topology.CanFailOver && exception.IsTransient)
        {
            await _views.LoseAsync(node).ConfigureAwait(false);
            await _errand.RenewAsync(cancellationToken).ConfigureAwait(false);
            return default;
        }
    }

    // By the server that has them; those of a slot that nobody owns are apart.
    private List<(RedisEndpoint? Node, List<int> Indices)> Divide(byte[][] keys)
    {
        var map = topology.Map;
        var parts = new Dictionary<int, List<int>>();
        for (var i = 0; i < keys.Length; i++)
        {
            var owner = map.OwnerOf(keys[i]) ?? Nobody;
            if (!parts.TryGetValue(owner, out var indices))
                parts.Add(owner, indices = []);
            indices.Add(i);
        }

        return [.. parts.Select(part => (part.Key == Nobody ? null : map.Shards[part.Key].Primary, part.Value))];
    }

    private const int Nobody = -1;

    private static byte[][] Of(byte[][] keys, List<int> indices) => [.. indices.Select(index => keys[index])];

    private sealed record Asked(
        int Database,
        byte[][] Keys,
        bool AsStrings,
        IReadOnlyList<(ServerView View, List<int> Indices)> Parts
    );
}

/// <summary>What is asked of a <see cref="ShardedView"/>, and how.</summary>
/// <param name="Mode">What is compared.</param>
/// <param name="HasExpireTime">Its servers have PEXPIRETIME (7.0).</param>
/// <param name="GivesStrings">Its servers give short strings as such.</param>
/// <param name="IsTarget">What its primaries do not have alike is to be told.</param>
/// <param name="Round">Names that come together.</param>
/// <param name="Log">Is told of slots that move.</param>
/// <param name="TimeProvider">The clock.</param>
internal sealed record ShardedViewSettings(
    VerifyMode Mode,
    bool HasExpireTime,
    bool GivesStrings,
    bool IsTarget,
    int Round,
    IMigrationLog Log,
    TimeProvider TimeProvider
);
