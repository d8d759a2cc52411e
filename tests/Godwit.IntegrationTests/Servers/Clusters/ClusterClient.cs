using System.Globalization;
using System.Net.Sockets;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>
/// Sends each command to the node that has its key, and goes where MOVED and ASK send it. Commands without a key go to
/// every primary. Not for use by two threads at once.
/// </summary>
/// <remarks>
/// A lost connection is the caller's to see: whether the command was carried out is not known. The next call connects
/// again and asks for the slots anew.
/// </remarks>
internal sealed class ClusterClient(TestCluster cluster) : IRespPipeline, IDisposable
{
    // A slot changes hands at most a few times while one command is on its way.
    private const int MaxRedirects = 100;

    private static readonly string[] PassingErrors = ["CLUSTERDOWN", "TRYAGAIN", "LOADING"];

    private readonly ServerAccess _access = cluster.Nodes[0].Server.Access;
    private readonly Dictionary<int, RespClient> _clients = [];
    private int[] _ports = [];
    private int _database;

    /// <inheritdoc/>
    public object? Call(params ReadOnlySpan<object> command)
    {
        var reply = Try(command);
        return reply is RespError error ? throw new RespErrorException($"{command[0]}: {error.Message}") : reply;
    }

    /// <summary>Sends a command and reads its reply, error or not; MOVED and ASK are never the reply.</summary>
    public object? Try(params ReadOnlySpan<object> command)
    {
        try
        {
            return CommandKeys.Of(command) is { } key ? TryAtOwner(HashSlot.Of(key), command) : TryAtAll(command);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            Disconnect();
            throw;
        }
    }

    /// <summary>
    /// Sends a command that does no harm when it is carried out twice, again and again until it is: through a failover.
    /// </summary>
    public async Task<object?> RepeatAsync(params object[] command)
    {
        object? reply = null;
        await Wait.UntilAsync(() => TryOnce(command, out reply), $"{command[0]} succeeds", () => $"{reply}");
        return reply;
    }

    /// <inheritdoc/>
    public IReadOnlyList<object?> Pipeline(IEnumerable<object[]> commands)
    {
        List<object?> replies = [];
        List<object[]> waiting = [];
        foreach (var command in commands)
        {
            if (CommandKeys.Of(command) is not null)
            {
                waiting.Add(command);
                continue;
            }

            // What has no key, such as SELECT, concerns all that follows.
            replies.AddRange(PipelineToOwners(waiting));
            waiting.Clear();
            replies.Add(Call(command));
        }

        replies.AddRange(PipelineToOwners(waiting));
        return replies;
    }

    public void Dispose() => Disconnect();

    private bool TryOnce(object[] command, out object? reply)
    {
        try
        {
            reply = Try(command);
            if (reply is not RespError error)
                return true;
            if (!PassingErrors.Contains(error.Message.Split(' ')[0], StringComparer.Ordinal))
                throw new RespErrorException($"{command[0]}: {error.Message}");
            return false;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            reply = exception.Message;
            return false;
        }
    }

    private object?[] PipelineToOwners(List<object[]> commands)
    {
        LearnSlots();
        var replies = new object?[commands.Count];
        var places = Enumerable.Range(0, commands.Count);
        foreach (var node in places.GroupBy(i => _ports[HashSlot.Of(CommandKeys.Of(commands[i])!)]))
        {
            var client = ClientOf(node.Key);
            foreach (var i in node)
                client.Send(commands[i]);
            foreach (var i in node)
                replies[i] = client.Read();
        }

        // A key's commands stay in order: while its slot is away, all of them are sent on.
        foreach (var i in places.Where(i => Redirect.Of(replies[i]) is not null))
            replies[i] = Try(commands[i]);
        foreach (var i in places)
        {
            if (replies[i] is RespError error)
                throw new RespErrorException($"{commands[i][0]}: {error.Message}");
        }

        return replies;
    }

    private object? TryAtOwner(int slot, ReadOnlySpan<object> command)
    {
        LearnSlots();
        var reply = ClientOf(_ports[slot]).Try(command);
        for (var i = 0; Redirect.Of(reply) is { } redirect; i++)
        {
            if (i == MaxRedirects)
                throw new RespErrorException($"{command[0]} was sent from node to node {MaxRedirects} times");
            var client = ClientOf(redirect.Port);
            if (redirect.Once)
                client.Call("ASKING");
            else
                _ports[slot] = redirect.Port;
            reply = client.Try(command);
        }

        return reply;
    }

    private object? TryAtAll(ReadOnlySpan<object> command)
    {
        LearnSlots();
        object? reply = null;
        var name = command[0];
        if (name is byte[] or string && IsSelect(name))
            _database = int.Parse(RespClient.Encode(command[1]), CultureInfo.InvariantCulture);
        foreach (var port in _ports.Distinct())
        {
            reply = ClientOf(port).Try(command);
            if (reply is RespError)
                return reply;
        }

        return reply;
    }

    private static bool IsSelect(object name) => RespClient.Encode(name).AsSpan().SequenceEqual("SELECT"u8);

    /// <summary>Asks the first node that answers for the owner of each slot, if that is not known.</summary>
    private void LearnSlots()
    {
        if (_ports.Length > 0)
            return;
        var seed = cluster.Nodes.Select(node => node.Port).First();
        var ports = new int[SlotRange.AllSlots];
        foreach (var row in (object?[])ClientOf(seed).Call("CLUSTER", "SLOTS")!)
        {
            var (first, last, primary) = ((object?[])row!) switch
            {
                [long from, long to, object?[] node, ..] => ((int)from, (int)to, (int)(long)node[1]!),
                _ => throw new InvalidDataException("CLUSTER SLOTS gave something else than ranges and nodes."),
            };
            ports.AsSpan(first..(last + 1)).Fill(primary);
        }

        _ports = ports;
    }

    private RespClient ClientOf(int port)
    {
        if (_clients.TryGetValue(port, out var client))
            return client;
        client = RespClient.Connect(port, _access);
        _clients.Add(port, client);
        if (_database != 0)
            client.Call("SELECT", _database);
        return client;
    }

    private void Disconnect()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        _clients.Clear();
        _ports = [];
    }
}
