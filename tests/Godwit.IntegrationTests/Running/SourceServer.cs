using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Running;

/// <summary>A server that holds the data set, what it holds, and the file that it saved.</summary>
internal sealed class SourceServer : IAsyncDisposable
{
    private readonly RedisServer _server;

    private SourceServer(RedisServer server, RespClient client)
    {
        _server = server;
        Client = client;
        State = ServerStateReader.Read(client);
        Digest = Comparison.Digest.Of(client);
    }

    public RespClient Client { get; }

    /// <summary>What it held after it was filled; a test that reads from it leaves it so.</summary>
    public ServerState State { get; }

    public string Digest { get; }

    public string Uri => TargetServer.UriOf(_server);

    public int Port => _server.Port;

    public string RdbFile => _server.RdbFile;

    public static async Task<SourceServer> StartAsync(ServerVersion version)
    {
        var server = await RedisServer.StartAsync(version);
        var client = server.Connect();
        DataSet.Fill(client);
        await server.SaveAsync();
        return new(server, client);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}
