using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>An end with a user whose rights a test chooses. Not for use by two threads at once.</summary>
internal sealed class LimitedSide : IAsyncDisposable
{
    private const string User = "godwit";
    private const string Secret = "open-sesame";

    private readonly RedisServer? _server;
    private readonly Dictionary<RedisServer, RespClient> _clients = [];

    private LimitedSide(RedisServer? server, TestCluster? cluster, SentinelSet? sentinels) =>
        (_server, Cluster, Sentinels) = (server, cluster, sentinels);

    /// <summary>Null if it is none.</summary>
    public TestCluster? Cluster { get; }

    /// <summary>Null if there are none.</summary>
    public SentinelSet? Sentinels { get; }

    /// <summary>Its address, with the user whose rights are chosen.</summary>
    public string Uri
    {
        get
        {
            var port = (_server ?? Cluster?.Nodes[0].Server)?.Port;
            return Sentinels is { } set
                ? set.Uri.Replace("://", $"://{User}:{Secret}@", StringComparison.Ordinal)
                : string.Create(CultureInfo.InvariantCulture, $"redis://{User}:{Secret}@127.0.0.1:{port}");
        }
    }

    /// <summary>To each server that takes writes now, as a user who may do everything.</summary>
    public RespClient[] Primaries => [.. PrimaryServers.Select(ClientOf)];

    /// <summary>To the one server that takes writes, or to the first of them.</summary>
    public RespClient Client => Primaries[0];

    /// <summary>Keys of all databases.</summary>
    public long Keys => Primaries.Sum(TargetServer.CountKeys);

    public ServerFeatures Features => ServerFeatures.Ask(Client);

    /// <summary>Where a load writes.</summary>
    public IReadOnlyList<LoadNode> Nodes =>
        Cluster is not null ? LoadNode.Of(Cluster) : LoadNode.Of(PrimaryServers.Single());

    /// <param name="version">Of its servers.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="rights">Of the user.</param>
    /// <param name="slots">Of a cluster; null: each primary has as many.</param>
    /// <param name="replicas">Of each primary, where another server may take its place.</param>
    public static async Task<LimitedSide> StartAsync(
        ServerVersion version,
        SideKind kind,
        string[] rights,
        IReadOnlyList<IReadOnlyList<SlotRange>>? slots = null,
        int replicas = 0
    )
    {
        var side = kind switch
        {
            SideKind.Server => new LimitedSide(await RedisServer.StartAsync(version), null, null),
            SideKind.Cluster => new(
                null,
                await TestCluster.StartAsync(version, new() { Slots = slots, Replicas = replicas }),
                null
            ),
            _ => new(null, null, await SentinelSet.StartAsync(version, new() { Replicas = replicas })),
        };
        side.Change(["on", ">" + Secret, .. rights]);
        return side;
    }

    /// <summary>Changes the user's rights, at every server.</summary>
    public void Change(params string[] rules)
    {
        foreach (var client in Servers.Select(ClientOf))
            client.Call(["ACL", "SETUSER", User, .. rules]);
    }

    /// <summary>What its servers have refused the user for want of a right: commands, keys, channels.</summary>
    public IReadOnlyList<string> Refused() =>
        [
            .. Servers
                .Select(ClientOf)
                .SelectMany(client => (object?[])client.Call("ACL", "LOG", 128)!)
                .Select(Fields)
                .Where(entry => Bytes.Text(entry["username"]) == User)
                .Select(entry => $"{Bytes.Text(entry["reason"])} {Bytes.Text(entry["object"])}".ToLowerInvariant())
                .Distinct(StringComparer.Ordinal),
        ];

    /// <summary>As it was in the beginning.</summary>
    public void Empty()
    {
        foreach (var primary in Primaries)
        {
            primary.Call("FLUSHALL");
            primary.Call("FUNCTION", "FLUSH");
        }
    }

    /// <summary>Adds a function library.</summary>
    public void AddLibrary(string library)
    {
        foreach (var primary in Primaries)
            primary.Call("FUNCTION", "LOAD", "REPLACE", library);
    }

    /// <summary>Everything that it holds.</summary>
    public ServerState Read() =>
        Cluster is not null ? ClusterStateReader.Read(Cluster) : ServerStateReader.Read(Client);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        if (Cluster is not null)
            await Cluster.DisposeAsync();
        if (Sentinels is not null)
            await Sentinels.DisposeAsync();
    }

    private static Dictionary<string, object?> Fields(object? entry) =>
        ((object?[])entry!).Chunk(2).ToDictionary(pair => Bytes.Text(pair[0]), pair => pair[1], StringComparer.Ordinal);

    private IEnumerable<RedisServer> Servers =>
        Cluster?.Nodes.Select(node => node.Server) ?? Sentinels?.Servers ?? (IEnumerable<RedisServer>)[_server!];

    private IEnumerable<RedisServer> PrimaryServers =>
        Cluster?.Primaries.Select(node => node.Server) ?? [Sentinels?.Primary ?? _server!];

    private RespClient ClientOf(RedisServer server)
    {
        if (_clients.TryGetValue(server, out var client))
        {
            try
            {
                client.Call("PING");
                return client;
            }
            catch (IOException)
            {
                // A server that becomes a primary or a replica by a Sentinel's word ends all connections.
                client.Dispose();
            }
        }

        return _clients[server] = server.Connect();
    }
}
