using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Running;

/// <summary>A server that a test writes to.</summary>
internal sealed class TargetServer : IAsyncDisposable
{
    private readonly RedisServer _server;

    private TargetServer(RedisServer server)
    {
        _server = server;
        Client = server.Connect();
        Features = ServerFeatures.Ask(Client);
    }

    public RespClient Client { get; }

    public ServerFeatures Features { get; }

    public int Port => _server.Port;

    public string Uri => UriOf(_server);

    public static async Task<TargetServer> StartAsync(ServerVersion version, params string[] arguments) =>
        new(await RedisServer.StartAsync(version, arguments));

    public static string UriOf(RedisServer server) => server.Uri;

    public RespClient Connect() => _server.Connect();

    public ServerState ReadState() => ServerStateReader.Read(Client);

    /// <summary>As it was when it started: no keys, no libraries, no users but the first, database 0.</summary>
    public void Empty()
    {
        Client.Call("SELECT", 0);
        Client.Call("FLUSHALL");
        var users = ((object?[])Client.Call("ACL", "USERS")!).Select(Bytes.Text);
        foreach (var user in users.Where(user => user != "default"))
            Client.Call("ACL", "DELUSER", user);
        if (Features.Functions)
            Client.Call("FUNCTION", "FLUSH");
    }

    /// <summary>Keys in all databases, as the server counts them.</summary>
    public long CountKeys() => CountKeys(Client);

    /// <inheritdoc cref="CountKeys()"/>
    public static long CountKeys(RespClient client)
    {
        var keyspace = Bytes.Text(client.Call("INFO", "keyspace"));
        return keyspace
            .Split("\r\n")
            .Where(line => line.StartsWith("db", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split('=', ',')[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}
