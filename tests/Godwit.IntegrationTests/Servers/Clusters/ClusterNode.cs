namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>A server of a cluster, with a connection of the cluster's own for what it asks and orders.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private RespClient? _client;

    private ClusterNode(RedisServer server, int shard)
    {
        Server = server;
        Shard = shard;
        var myself = KnownNode.Myself(Client);
        Id = myself.Id;
        BusPort = myself.BusPort;
    }

    public RedisServer Server { get; }

    public string Id { get; }

    /// <summary>The nodes of one shard hold the same slots. A shard keeps its number whichever node is its primary.</summary>
    public int Shard { get; }

    public int Port => Server.Port;

    public int BusPort { get; }

    /// <summary>Neither killed nor suspended by the test.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>For the test's thread alone.</summary>
    public RespClient Client => _client ??= Server.Connect();

    public bool IsPrimary => KnownNode.Myself(Client).IsPrimary;

    public static async Task<ClusterNode> StartAsync(ServerVersion version, ServerSettings settings, int shard) =>
        new(await RedisServer.StartAsync(version, settings), shard);

    public RespClient Connect() => Server.Connect();

    public async Task KillAsync()
    {
        Leave();
        await Server.KillAsync();
    }

    public async Task StartAgainAsync()
    {
        await Server.StartAgainAsync();
        IsRunning = true;
    }

    public async Task SuspendAsync()
    {
        Leave();
        await Server.SuspendAsync();
    }

    public async Task ResumeAsync()
    {
        await Server.ResumeAsync();
        IsRunning = true;
    }

    public async ValueTask DisposeAsync()
    {
        Leave();
        await Server.DisposeAsync();
    }

    private void Leave()
    {
        IsRunning = false;
        _client?.Dispose();
        _client = null;
    }
}
