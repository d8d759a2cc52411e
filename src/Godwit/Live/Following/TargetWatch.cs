using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>
/// Looks whether a primary of the target may lack what it, or the one before it, had confirmed: because a replica has taken its
/// primary's place, or because it has been started anew. Safe for use from any thread: one looks after the other.
/// </summary>
/// <param name="topology">The target's.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class TargetWatch(ServerTopology topology, TimeProvider timeProvider) : IDisposable
{
    // Each look is a question to each node.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // One that hangs must not keep us from seeing that another takes its place.
    private static readonly ConnectionOptions Quick = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        ReplyTimeout = TimeSpan.FromSeconds(5),
    };

    private readonly SemaphoreSlim _turn = new(1);

    // By the address of a primary: the run of the server that was found there last.
    private readonly Dictionary<string, string> _runs = new(StringComparer.Ordinal);
    private ShardMap _map = topology.Map;
    private long _lookedAt = timeProvider.GetTimestamp();
    private int _losses;
    private int _moves;

    /// <summary>How often a primary was found to be one that had been a replica, or another run of its server than before.</summary>
    public int Losses => Volatile.Read(ref _losses);

    /// <summary>How often slots were found elsewhere than before, or on their way.</summary>
    public int Moves => Volatile.Read(ref _moves);

    /// <summary>Looks, if it is time.</summary>
    public Task LookAsync(CancellationToken cancellationToken) =>
        timeProvider.GetElapsedTime(Volatile.Read(ref _lookedAt)) < LookEvery
            ? Task.CompletedTask
            : LookNowAsync(cancellationToken);

    /// <summary>Looks.</summary>
    /// <returns>False if a primary did not answer: what has become of it is seen by a later look.</returns>
    public async Task<bool> LookNowAsync(CancellationToken cancellationToken)
    {
        if (!topology.CanFailOver)
            return true;

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CompareMapsAsync(cancellationToken).ConfigureAwait(false);
            var runs = await Task.WhenAll(_map.Shards.Select(shard => AskRunAsync(shard.Primary, cancellationToken)))
                .ConfigureAwait(false);
            foreach (var (primary, run) in _map.Shards.Select(shard => shard.Primary.Address).Zip(runs))
                Compare(primary, run);
            Volatile.Write(ref _lookedAt, timeProvider.GetTimestamp());
            return !runs.Contains(null);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task CompareMapsAsync(CancellationToken cancellationToken)
    {
        try
        {
            Compare(await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false));
        }
        catch (GodwitException)
        {
            // Nobody can be asked just now. Whoever writes meets the same, and waits.
        }
    }

    private void Compare(ShardMap map)
    {
        var replicas = _map.Shards.SelectMany(shard => shard.Replicas).Select(replica => replica.Address);
        if (map.Shards.Select(shard => shard.Primary.Address).Intersect(replicas, StringComparer.Ordinal).Any())
            Interlocked.Increment(ref _losses);
        if (
            map.MovingSlots.Count > 0
            || !map.Shards.Select(OwnerOf).SequenceEqual(_map.Shards.Select(OwnerOf), StringComparer.Ordinal)
        )
            Interlocked.Increment(ref _moves);
        _map = map;

        // One that comes back as a replica may be a primary again later: that counts once.
        foreach (var replica in map.Shards.SelectMany(shard => shard.Replicas))
            _runs.Remove(replica.Address);
    }

    // One that does not answer may be the same when it does.
    private void Compare(string primary, string? run)
    {
        if (run is not { Length: > 0 })
            return;
        if (_runs.TryGetValue(primary, out var before) && before != run)
            Interlocked.Increment(ref _losses);
        _runs[primary] = run;
    }

    // Null where it does not answer, empty where it does not tell.
    private async Task<string?> AskRunAsync(RedisEndpoint primary, CancellationToken cancellationToken)
    {
        try
        {
            var server = primary with { Database = null };
            var connection = await RedisConnection
                .ConnectAsync(server, Quick, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            var info = await connection.TryExecuteAsync(cancellationToken, "INFO", "server").ConfigureAwait(false);
            return info.IsError ? "" : ServerInfo.Parse(info.Text).RunId ?? "";
        }
        catch (GodwitException)
        {
            return null;
        }
    }

    private static string OwnerOf(Shard shard) => $"{shard.Primary.Address} {string.Join(' ', shard.Slots)}";
}
