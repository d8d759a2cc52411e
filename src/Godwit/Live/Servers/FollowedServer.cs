using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Servers;

/// <summary>
/// One server of the source whose changes are followed: a single one, or the primary of a cluster's shard, whichever server that
/// is at the time. Safe for use from any thread.
/// </summary>
/// <param name="servers">All that are followed.</param>
/// <param name="number">Names it for as long as the job lasts, in its records at the target: from 0.</param>
/// <param name="shard">What it was when it was found last.</param>
/// <param name="info">What it said of itself then.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class FollowedServer(
    SourceServers servers,
    int number,
    Shard shard,
    ServerInfo info,
    TimeProvider timeProvider
)
{
    private volatile Shard _shard = shard;
    private volatile SlotSet _slots = SlotsOf(shard);

    /// <summary>Names it for as long as the job lasts: from 0.</summary>
    public int Number => number;

    /// <summary>What it was when it was found last.</summary>
    public Shard Shard => _shard;

    /// <summary>
    /// The slots whose changes are taken from it. It may have given some away since, or got some: that is settled between two
    /// <see cref="LiveSession"/>s, and until then what it tells of other slots does not count.
    /// </summary>
    public SlotSet Slots => _slots;

    /// <summary>What it said of itself in the beginning.</summary>
    public ServerInfo Info => info;

    /// <summary>It has PEXPIRETIME (7.0).</summary>
    public bool HasExpireTime => info.RedisVersion is { Major: >= 7 };

    /// <summary>It is a cluster's: the keys of one command lie in one slot, and slots may move.</summary>
    public bool IsOfCluster => servers.Topology.IsCluster;

    /// <summary>It tells of what is the servers' rather than a key's: the function libraries, which all have alike.</summary>
    public bool IsFirst => servers.All[0] == this;

    /// <summary>Another server may take its place.</summary>
    public bool MayBeReplaced => servers.Topology.CanFailOver;

    /// <summary>Asks who the primary is now.</summary>
    /// <exception cref="ConnectionException">There is none at the moment, or nobody can be asked.</exception>
    public async ValueTask<RedisEndpoint> LocateAsync(CancellationToken cancellationToken)
    {
        if (!MayBeReplaced)
            return _shard.Primary;

        var topology = servers.Topology;
        var map = await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
        if (servers.Find(this, map) is not { } found)
        {
            throw new ConnectionException(
                _shard.Primary,
                ConnectionStage.Connect,
                $"{topology.Named} has no primary for the slots of {_shard.Primary.Address} now",
                "Wait until a failover has ended.",
                isTransient: true
            );
        }

        _shard = found;
        return found.Primary;
    }

    /// <summary>Connects to the primary, in database 0.</summary>
    /// <exception cref="ConnectionException">It cannot be reached.</exception>
    public Task<RedisConnection> ConnectAsync(CancellationToken cancellationToken) =>
        ConnectAsync(new ConnectionOptions(), cancellationToken);

    /// <summary>As above, with other options than connections have by default.</summary>
    /// <exception cref="ConnectionException">It cannot be reached.</exception>
    public async Task<RedisConnection> ConnectAsync(ConnectionOptions options, CancellationToken cancellationToken)
    {
        var endpoint = await LocateAsync(cancellationToken).ConfigureAwait(false);
        return await RedisConnection
            .ConnectAsync(endpoint with { Database = null }, options, timeProvider, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Asks who has a slot for which a server sent us elsewhere.
    /// </summary>
    /// <returns>
    /// True if it is this shard all the same, so that another server is its primary by now. False if the slot went to another shard,
    /// whose changes will count for it.
    /// </returns>
    /// <exception cref="ConnectionException">Nobody can be asked.</exception>
    public async ValueTask<bool> OwnsAsync(int slot, CancellationToken cancellationToken)
    {
        var topology = servers.Topology;
        var map = await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
        return map.OwnerOf(slot) is not { } owner || map.Shards[owner].Name == servers.Find(this, map)?.Name;
    }

    /// <summary>Asks whether it owns no slot any more, and others own them. False where nobody can be asked.</summary>
    public async ValueTask<bool> HasGoneAsync(CancellationToken cancellationToken)
    {
        if (!IsOfCluster)
            return false;

        try
        {
            var topology = servers.Topology;
            var map = await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
            return servers.Find(this, map) is null && servers.LookAt(map) == MapState.Changed;
        }
        catch (ConnectionException)
        {
            return false;
        }
    }

    /// <summary>Says what it is from now on.</summary>
    public void Become(Shard found)
    {
        _shard = found;
        _slots = SlotsOf(found);
    }

    /// <summary>Says whose changes count, from a state that was saved.</summary>
    public void Restore(SlotSet slots) => _slots = slots;

    /// <summary>The slots of a shard.</summary>
    public static SlotSet SlotsOf(Shard shard) =>
        new(shard.Slots.SelectMany(range => Enumerable.Range(range.First, range.Count)));
}
