using System.Runtime.CompilerServices;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces;

/// <summary>
/// Several sources that are compared with one target together. A key is what the first of them has under its name, in the order in which
/// they were named: all are asked for each. Owns them.
/// </summary>
internal sealed class MergedView(IReadOnlyList<KeyspaceView> views) : KeyspaceView
{
    private readonly Dictionary<int, IReadOnlyList<KeyspaceView>> _having = [];
    private readonly Queue<(int Keys, IReadOnlyList<KeyspaceView> Of)> _asked = new();

    /// <inheritdoc/>
    public override string Uri => string.Join(", ", views.Select(view => view.Uri));

    /// <inheritdoc/>
    public override string Server =>
        string.Join(", ", views.Select(view => view.Server).Distinct(StringComparer.Ordinal));

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports => [.. views.SelectMany(view => view.Reports)];

    /// <inheritdoc/>
    public override long BytesRead => views.Sum(view => view.BytesRead);

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<KeyspaceInfo>> DatabasesAsync(CancellationToken cancellationToken)
    {
        var all = new List<KeyspaceInfo>();
        foreach (var view in views)
            all.AddRange(await view.DatabasesAsync(cancellationToken).ConfigureAwait(false));
        return
        [
            .. all.GroupBy(held => held.Database)
                .Select(held => new KeyspaceInfo(held.Key, held.Sum(one => one.Keys), held.Sum(one => one.Expires))),
        ];
    }

    /// <inheritdoc/>
    public override async Task<bool> HasDatabaseAsync(int database, CancellationToken cancellationToken)
    {
        var having = new List<KeyspaceView>();
        foreach (var view in views)
        {
            if (await view.HasDatabaseAsync(database, cancellationToken).ConfigureAwait(false))
                having.Add(view);
        }

        _having[database] = having;
        return having.Count > 0;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<byte[][]> ScanAsync(
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var view in Having(database))
        {
            await foreach (var names in view.ScanAsync(database, cancellationToken).ConfigureAwait(false))
                yield return names;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(
        int database,
        byte[][] keys,
        long[] sizes,
        CancellationToken cancellationToken
    )
    {
        foreach (var view in Having(database))
            await view.MeasureAsync(database, keys, sizes, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool[]> FindAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var found = new bool[keys.Length];
        foreach (var view in Having(database))
        {
            var there = await view.FindAsync(database, keys, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < found.Length; i++)
                found[i] |= there[i];
        }

        return found;
    }

    /// <inheritdoc/>
    public override async ValueTask<string?[]> OriginsAsync(
        int database,
        byte[][] keys,
        CancellationToken cancellationToken
    )
    {
        var origins = new string?[keys.Length];
        var having = Having(database);
        foreach (var view in having)
        {
            var there = await view.FindAsync(database, keys, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < origins.Length; i++)
                origins[i] ??= there[i] ? view.Uri : null;
        }

        // One that none has any more is not to be taken from whoever gets it next.
        return [.. origins.Select(origin => origin ?? having[0].Uri)];
    }

    /// <inheritdoc/>
    public override async ValueTask AskAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var having = Having(database);
        foreach (var view in having)
            await view.AskAsync(database, keys, cancellationToken).ConfigureAwait(false);
        _asked.Enqueue((keys.Length, having));
    }

    /// <inheritdoc/>
    public override async ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken)
    {
        var (keys, of) = _asked.Dequeue();
        var groups = new List<KeyReadings>();
        foreach (var view in of)
        {
            var group = new KeyReadings();
            await view.ReadAsync(group, cancellationToken).ConfigureAwait(false);
            groups.Add(group);
        }

        readings.Clear();
        for (var i = 0; i < keys; i++)
        {
            var index = i;
            readings.Add(groups.Find(group => group[index].Presence != KeyPresence.Gone) ?? groups[0], i);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> ExpiryAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        var view = await ViewOfAsync(database, key, cancellationToken).ConfigureAwait(false);
        return await view.ExpiryAsync(database, key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    )
    {
        var view = await ViewOfAsync(database, key, cancellationToken).ConfigureAwait(false);
        return await view.ExecuteAsync(database, key, command, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<RespValue> ExecuteEverywhereAsync(
        RespArgument[] command,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException("sources are only read");

    /// <inheritdoc/>
    public override async ValueTask<RedisConnection> ConnectionAsync(
        int database,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        // The key may have come to another one since it was looked for last.
        _located = null;
        var view = await ViewOfAsync(database, key, cancellationToken).ConfigureAwait(false);
        return await view.ConnectionAsync(database, key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TryLoseAsync(RedisConnection lost, CancellationToken cancellationToken)
    {
        foreach (var view in views)
        {
            if (await view.TryLoseAsync(lost, cancellationToken).ConfigureAwait(false))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> WatchAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var areWatched = true;
        foreach (var view in Having(database))
            areWatched &= await view.WatchAsync(database, keys, cancellationToken).ConfigureAwait(false);
        return areWatched;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> EndWatchAsync(int database, CancellationToken cancellationToken)
    {
        var heldStill = true;
        foreach (var view in Having(database))
            heldStill &= await view.EndWatchAsync(database, cancellationToken).ConfigureAwait(false);
        return heldStill;
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyDictionary<string, byte[]>> FunctionsAsync(CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var view in views)
        {
            foreach (var (name, code) in await view.FunctionsAsync(cancellationToken).ConfigureAwait(false))
                all.TryAdd(name, code);
        }

        return all;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        foreach (var view in views)
            await view.DisposeAsync().ConfigureAwait(false);
    }

    private IReadOnlyList<KeyspaceView> Having(int database) => _having.GetValueOrDefault(database, views);

    private (int Database, byte[] Key, KeyspaceView View)? _located;

    // Asked once for all questions about a key that follow each other.
    private async ValueTask<KeyspaceView> ViewOfAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        if (_located is var (sameDatabase, same, known) && sameDatabase == database && ReferenceEquals(same, key))
            return known;

        var having = Having(database);
        var found = having[0];
        foreach (var view in having)
        {
            var exists = await view.ExecuteAsync(database, key, ["EXISTS", key], cancellationToken)
                .ConfigureAwait(false);
            if (exists.Integer > 0)
            {
                found = view;
                break;
            }
        }

        _located = (database, key, found);
        return found;
    }
}
