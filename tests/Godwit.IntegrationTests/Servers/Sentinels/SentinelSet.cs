using System.Diagnostics;
using System.Globalization;
using System.Text;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Sentinels;

/// <summary>
/// A primary with its replicas, and the Sentinels that watch over it, started for one test. Not for use by two threads at
/// once.
/// </summary>
internal sealed class SentinelSet : IAsyncDisposable
{
    private const string FailoverInProgress = "failover_in_progress";

    private readonly SentinelSettings _settings;
    private readonly IReadOnlyList<RedisServer> _servers;
    private readonly HashSet<RedisServer> _killed = [];

    private SentinelSet(
        SentinelSettings settings,
        IReadOnlyList<RedisServer> servers,
        IReadOnlyList<SentinelServer> sentinels
    )
    {
        _settings = settings;
        _servers = servers;
        Sentinels = sentinels;
    }

    public IReadOnlyList<SentinelServer> Sentinels { get; }

    /// <summary>The running ones.</summary>
    public IReadOnlyList<RedisServer> Servers => [.. _servers.Where(server => !_killed.Contains(server))];

    public string ServiceName => _settings.ServiceName;

    /// <summary>Names the primary, whichever it is: without a password.</summary>
    public string Uri =>
        $"redis+sentinel://{string.Join(',', Sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"))}/{ServiceName}";

    /// <summary>The server that the first Sentinel names.</summary>
    public RedisServer Primary
    {
        get
        {
            var port = PrimaryPort(Sentinels[0]);
            return _servers.Single(server => server.Port == port);
        }
    }

    /// <summary>Starts all and waits until every Sentinel knows every other one and every replica.</summary>
    public static async Task<SentinelSet> StartAsync(ServerVersion version, SentinelSettings? settings = null)
    {
        settings ??= new();
        var servers = await StartAllAsync(
            Enumerable.Range(0, 1 + settings.Replicas),
            _ => RedisServer.StartAsync(version, settings.Server)
        );
        IReadOnlyList<SentinelServer> sentinels = [];
        try
        {
            foreach (var replica in servers.Skip(1))
                Follow(replica, servers[0].Port);
            await Wait.UntilAsync(
                () => servers.Skip(1).All(server => Replicates(server, servers[0])),
                "the replicas have caught up"
            );
            sentinels = await StartAllAsync(
                Enumerable.Range(0, settings.Sentinels),
                _ => SentinelServer.StartAsync(version, settings, servers[0].Port)
            );
            var set = new SentinelSet(settings, servers, sentinels);
            set.HurrySentinels(version);
            await set.SettleAsync();
            return set;
        }
        catch
        {
            await DisposeAllAsync([.. sentinels, .. servers]);
            throw;
        }
    }

    /// <summary>
    /// What each Sentinel lists as replicas, asked of the primary after this was called: those that it might make the
    /// primary. A port each.
    /// </summary>
    public async Task<IReadOnlyList<IReadOnlyList<int>>> ListedReplicasAsync()
    {
        var clock = Stopwatch.StartNew();
        await Wait.UntilAsync(
            () => Sentinels.All(sentinel => Number(AskPrimary(sentinel), "info-refresh") < clock.ElapsedMilliseconds),
            "each Sentinel has asked the primary again"
        );
        return [.. Sentinels.Select(sentinel => (IReadOnlyList<int>)[.. AskReplicas(sentinel).Select(Port).Order()])];
    }

    /// <summary>Has a Sentinel put a replica in the primary's place, both running.</summary>
    public async Task<RedisServer> FailOverAsync()
    {
        var old = Primary;
        Sentinels[0].Client.Call("SENTINEL", "FAILOVER", ServiceName);
        return await WaitForTakeOverAsync(old);
    }

    /// <summary>Kills the primary, and returns at once: the Sentinels need some seconds to put another in its place.</summary>
    public async Task<RedisServer> KillPrimaryAsync()
    {
        var old = Primary;
        _killed.Add(old);
        await old.KillAsync();
        return old;
    }

    /// <summary>Waits until all Sentinels name another primary than this one, and all replicas follow it.</summary>
    public async Task<RedisServer> WaitForTakeOverAsync(RedisServer old)
    {
        await Wait.UntilAsync(() => Primary != old, "the Sentinels name another primary", Describe);
        await SettleAsync();
        return Primary;
    }

    /// <summary>Waits until all Sentinels agree on who is what, and the replicas follow.</summary>
    public Task SettleAsync() => Wait.UntilAsync(IsSettled, "the Sentinels agree", Describe);

    public async ValueTask DisposeAsync() => await DisposeAllAsync([.. Sentinels, .. _servers]);

    private static async Task<IReadOnlyList<T>> StartAllAsync<T>(
        IEnumerable<int> numbers,
        Func<int, Task<T>> startAsync
    )
        where T : IAsyncDisposable
    {
        Task<T>[] starts = [.. numbers.Select(startAsync)];
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

    private static Task DisposeAllAsync(IReadOnlyList<IAsyncDisposable> all) =>
        Task.WhenAll(all.Select(one => one.DisposeAsync().AsTask()));

    private static void Follow(RedisServer replica, int primaryPort)
    {
        using var client = replica.Connect();
        client.Call("REPLICAOF", "127.0.0.1", primaryPort);
    }

    private static bool Replicates(RedisServer replica, RedisServer primary)
    {
        using var client = replica.Connect();
        var info = client.Text("INFO", "replication");
        return info.Contains($"master_port:{primary.Port}\r\n", StringComparison.Ordinal)
            && info.Contains("master_link_status:up", StringComparison.Ordinal);
    }

    /// <summary>Has them ask and tell each other several times a second, where a version can: else it takes ten seconds.</summary>
    private void HurrySentinels(ServerVersion version)
    {
        if (version == ServerVersion.Redis60)
            return;
        foreach (var sentinel in Sentinels)
            sentinel.Client.Call("SENTINEL", "DEBUG", "INFO-PERIOD", 200, "PUBLISH-PERIOD", 200);
    }

    private bool IsSettled()
    {
        var primary = Primary;
        return Sentinels.All(sentinel => Agrees(sentinel, primary))
            && Servers.All(server => server == primary || Replicates(server, primary));
    }

    private bool Agrees(SentinelServer sentinel, RedisServer primary)
    {
        var others = Servers.Where(server => server != primary).Select(server => server.Port);
        return PrimaryPort(sentinel) == primary.Port
            && !AskPrimary(sentinel)["flags"].Contains(FailoverInProgress, StringComparison.Ordinal)
            && AskReplicas(sentinel)
                .Where(replica => replica["flags"] == "slave")
                .Select(Port)
                .Order()
                .SequenceEqual(others.Order())
            && sentinel.AskMany("SENTINEL", "SENTINELS", ServiceName).Count(other => IsUp(other["flags"]))
                == Sentinels.Count - 1;
    }

    // What another one said of the primary when it was asked last stays in its flags until it is asked again, however long that is
    // (sentinelAskMasterStateToOtherSentinels).
    private static bool IsUp(string flags) => flags is "sentinel" or "sentinel,master_down";

    private int PrimaryPort(SentinelServer sentinel)
    {
        var address = (object?[])sentinel.Client.Call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", ServiceName)!;
        return int.Parse((byte[])address[1]!, CultureInfo.InvariantCulture);
    }

    private IReadOnlyDictionary<string, string> AskPrimary(SentinelServer sentinel) =>
        sentinel.Ask("SENTINEL", "MASTER", ServiceName);

    private IReadOnlyList<IReadOnlyDictionary<string, string>> AskReplicas(SentinelServer sentinel) =>
        sentinel.AskMany("SENTINEL", "REPLICAS", ServiceName);

    private static int Port(IReadOnlyDictionary<string, string> told) => Number(told, "port");

    private static int Number(IReadOnlyDictionary<string, string> told, string name) =>
        int.Parse(told[name], CultureInfo.InvariantCulture);

    private string Describe()
    {
        var text = new StringBuilder();
        foreach (var sentinel in Sentinels)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Sentinel {sentinel.Port} names {PrimaryPort(sentinel)}:");
            foreach (var known in AskReplicas(sentinel))
                text.AppendLine(CultureInfo.InvariantCulture, $"  replica {known["port"]}: {known["flags"]}");
            foreach (var known in sentinel.AskMany("SENTINEL", "SENTINELS", ServiceName))
                text.AppendLine(CultureInfo.InvariantCulture, $"  Sentinel {known["port"]}: {known["flags"]}");
        }

        return text.ToString();
    }
}
