using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>A real cluster, started for one test. Its nodes die with the test. Not for use by two threads at once.</summary>
/// <remarks>
/// A start takes a good two seconds, whatever the number of nodes: for that long a primary waits by itself before it takes
/// writes (<c>CLUSTER_WRITABLE_DELAY</c>).
/// </remarks>
internal sealed partial class TestCluster : IAsyncDisposable
{
    private readonly ClusterSettings _settings;

    // Replaced as a whole when nodes come and go, so that a client in another thread may look at it.
    private IReadOnlyList<ClusterNode> _nodes;

    private TestCluster(ServerVersion version, ClusterSettings settings, IReadOnlyList<ClusterNode> nodes)
    {
        Version = version;
        _settings = settings;
        _nodes = nodes;
    }

    public ServerVersion Version { get; }

    public int Databases => _settings.Databases;

    /// <summary>The running ones; first each shard's first primary, then the replicas.</summary>
    public IReadOnlyList<ClusterNode> Nodes => [.. _nodes.Where(node => node.IsRunning)];

    /// <summary>Those that are primaries now and hold slots, or none yet; in the order of their shards.</summary>
    public IReadOnlyList<ClusterNode> Primaries => [.. Nodes.Where(node => node.IsPrimary).OrderBy(node => node.Shard)];

    /// <summary>The address of a node that runs, as users of the program write it.</summary>
    public string Uri => Nodes[0].Server.Uri;

    /// <summary>Starts a cluster and waits until every node is content with it.</summary>
    public static async Task<TestCluster> StartAsync(ServerVersion version, ClusterSettings? settings = null)
    {
        settings ??= new();
        var shards = Enumerable
            .Range(0, settings.Primaries * (1 + settings.Replicas))
            .Select(i => i % settings.Primaries);
        var nodes = await StartNodesAsync(version, settings, shards);
        var cluster = new TestCluster(version, settings, nodes);
        try
        {
            await cluster.FormAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that is a shard's primary now.</summary>
    public ClusterNode Primary(int shard) => Nodes.Single(node => node.Shard == shard && node.IsPrimary);

    /// <summary>The running nodes that are replicas in a shard now.</summary>
    public IReadOnlyList<ClusterNode> Replicas(int shard) =>
        [.. Nodes.Where(node => node.Shard == shard && !node.IsPrimary)];

    /// <summary>Who has each slot, as the first running node knows it.</summary>
    public IReadOnlyDictionary<int, ClusterNode> Owners()
    {
        var nodes = _nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        return KnownNode
            .Ask(Nodes[0].Client)
            .SelectMany(
                known => known.Ranges.SelectMany(range => range.Slots),
                (known, slot) => (slot, nodes[known.Id])
            )
            .ToDictionary();
    }

    public ClusterNode OwnerOf(int slot) => Owners()[slot];

    /// <summary>A client that finds the right node for each key.</summary>
    public ClusterClient Connect() => new(this);

    public async ValueTask DisposeAsync() => await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));

    private static async Task<ClusterNode[]> StartNodesAsync(
        ServerVersion version,
        ClusterSettings settings,
        IEnumerable<int> shards
    )
    {
        Task<ClusterNode>[] starts = [.. shards.Select(shard => ClusterNode.StartAsync(version, settings.Node, shard))];
        try
        {
            return await Task.WhenAll(starts);
        }
        catch
        {
            foreach (var start in starts.Where(start => start.IsCompletedSuccessfully))
                await (await start).DisposeAsync();
            throw;
        }
    }

    private async Task FormAsync()
    {
        var slots = _settings.Slots ?? SlotDivision.Even(_settings.Primaries);
        for (var i = 0; i < _nodes.Count; i++)
        {
            // Where nodes get to know each other with the same epoch, the cluster spends a while on setting that right.
            _nodes[i].Client.Call("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            if (i < _settings.Primaries && slots[i].Count > 0)
                AddSlots(_nodes[i], slots[i]);
        }

        // Each with each: to wait until they hear of each other takes longer.
        for (var i = 0; i < _nodes.Count; i++)
        {
            for (var j = i + 1; j < _nodes.Count; j++)
                Meet(_nodes[i], _nodes[j]);
        }

        await Wait.UntilAsync(() => Nodes.All(KnowsAll), "each node knows each other", Describe);
        foreach (var replica in _nodes.Skip(_settings.Primaries))
            replica.Client.Call("CLUSTER", "REPLICATE", _nodes[replica.Shard].Id);
        await SettleAsync();
    }

    private static void AddSlots(ClusterNode node, IEnumerable<SlotRange> ranges) =>
        node.Client.Call(["CLUSTER", "ADDSLOTS", .. ranges.SelectMany(range => range.Slots).Cast<object>()]);

    private static void Meet(ClusterNode node, ClusterNode other) =>
        node.Client.Call("CLUSTER", "MEET", "127.0.0.1", other.Port, other.BusPort);
}
