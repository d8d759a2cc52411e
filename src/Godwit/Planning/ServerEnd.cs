using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Checks;

namespace Godwit.Planning;

/// <summary>A server of one end, with the shard that it is the primary of; null where there is no cluster.</summary>
internal sealed record ServerNode(LiveEnd End, Shard? Shard);

/// <summary>The servers behind one URI, each asked what it is: one, or the primaries of a cluster. Owns the connections.</summary>
internal sealed class ServerEnd : IAsyncDisposable
{
    private readonly List<ServerNode> _nodes = [];

    private ServerEnd(ServerEndpoint endpoint) => Endpoint = endpoint;

    /// <summary>As the user named it.</summary>
    public ServerEndpoint Endpoint { get; }

    /// <summary>One or more, in the order of their slots.</summary>
    public IReadOnlyList<ServerNode> Nodes => _nodes;

    /// <summary>The servers alone.</summary>
    public IReadOnlyList<LiveEnd> Servers => [.. _nodes.Select(node => node.End)];

    /// <summary>The one that was named, or a cluster's first.</summary>
    public LiveEnd First => _nodes[0].End;

    /// <summary>Who owns which slot; null where there is no cluster.</summary>
    public ShardMap? Map { get; private set; }

    /// <summary>Connects and asks.</summary>
    /// <exception cref="ConnectionException">A server cannot be reached, or does not let us in.</exception>
    /// <exception cref="ServerErrorException">A cluster's node does not tell who the others are.</exception>
    public static async Task<ServerEnd> OpenAsync(
        ServerEndpoint endpoint,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var opened = new ServerEnd(endpoint);
        try
        {
            var named = await LiveEnd.ConnectAsync(endpoint, timeProvider, cancellationToken).ConfigureAwait(false);
            opened._nodes.Add(new ServerNode(named, null));
            if (named.Topology is { IsCluster: true, Map.Shards.Count: > 0 })
                await opened.AddShardsAsync(named, timeProvider, cancellationToken).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The node that holds a key.</summary>
    public LiveEnd NodeOf(ReadOnlySpan<byte> key) => Map?.OwnerOf(key) is { } owner ? _nodes[owner].End : First;

    /// <summary>What it says of itself.</summary>
    public EndPlan Describe() =>
        new()
        {
            Uri = Endpoint.ToString(),
            Server = First.Info.DisplayName,
            Topology = First.Info.Mode switch
            {
                ServerMode.Standalone => "standalone",
                ServerMode.Cluster => "cluster",
                ServerMode.Sentinel => "sentinel",
                _ => "unknown",
            },
            Role = First.Info.Role switch
            {
                ServerRole.Primary => "primary",
                ServerRole.Replica => "replica",
                _ => null,
            },
            Keys = Sum(node => node.Info.KeysIn(Endpoint.Database)),
            DataBytes = Sum(RoomCheck.DataSize),
            UsedMemory = Sum(node => node.Info.UsedMemory),
            MaxMemory = _nodes.Any(node => node.End.Info.MaxMemory == 0) ? 0 : Sum(node => node.Info.MaxMemory),
            EvictionPolicy = First.Info.MaxMemoryPolicy,
            Databases =
            [
                .. _nodes
                    .SelectMany(node => node.End.Info.Keyspaces)
                    .GroupBy(keyspace => keyspace.Database)
                    .OrderBy(keyspaces => keyspaces.Key)
                    .Select(keyspaces => new KeyspaceInfo(
                        keyspaces.Key,
                        keyspaces.Sum(keyspace => keyspace.Keys),
                        keyspaces.Sum(keyspace => keyspace.Expires)
                    )),
            ],
            Shards = [.. _nodes.Where(node => node.Shard is not null).Select(Describe)],
            Modules = First.Modules is { } modules ? [.. modules.Select(module => module.Name)] : null,
        };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.End.DisposeAsync().ConfigureAwait(false);
    }

    private static ShardPlan Describe(ServerNode node) =>
        new(
            node.End.Connection.Endpoint.ToString(),
            node.End.Info.DisplayName,
            string.Join(',', node.Shard!.Slots),
            node.Shard.Replicas.Count,
            node.End.Info.KeysIn(node.End.Connection.Endpoint.Database),
            RoomCheck.DataSize(node.End)
        );

    private long? Sum(Func<LiveEnd, long?> number) =>
        _nodes.All(node => number(node.End) is not null) ? _nodes.Sum(node => number(node.End)!.Value) : null;

    private async Task AddShardsAsync(LiveEnd named, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        Map = named.Topology.Map;
        foreach (var shard in Map.Shards)
        {
            var primary = shard.Primary with { Database = Endpoint.Database };
            var end = await LiveEnd
                .ConnectAsync(primary, named.Topology, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            _nodes.Add(new ServerNode(end, shard));
        }

        _nodes.RemoveAt(0);
        await named.Connection.DisposeAsync().ConfigureAwait(false);
    }
}
