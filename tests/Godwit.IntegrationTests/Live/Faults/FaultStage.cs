using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live.Faults;

/// <summary>The source, the target, a proxy before each, the program between them, and the load: and what may happen to them.</summary>
internal sealed class FaultStage : IAsyncDisposable
{
    private const int PlainKeys = 10_000;
    private const int BurstKeys = 90;
    private const int BurstValue = 1024 * 1024;

    private readonly FaultProxy _toSource;
    private readonly FaultProxy _toTarget;
    private readonly bool _sourceSaves;

    private FaultStage(RedisServer source, RedisServer target, LoadSettings settings, bool sourceSaves)
    {
        Source = source;
        Target = target;
        _sourceSaves = sourceSaves;
        _toSource = new(source.Port);
        _toTarget = new(target.Port);
        using (var writer = source.Connect())
            writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        // The smallest disk that the program takes; a burst is more.
        Program = new(Uri(_toSource), Uri(_toTarget), "--max-disk", "64MiB", "--max-memory", "64MiB");
        Load = LoadGenerator.Start(LoadNode.Of(source), settings);

        static string Uri(FaultProxy proxy) => $"redis://127.0.0.1:{proxy.Port}";
    }

    public RedisServer Source { get; }

    public RedisServer Target { get; }

    public FollowingProgram Program { get; }

    public LoadGenerator Load { get; }

    /// <param name="sourceVersion">Which source.</param>
    /// <param name="targetVersion">Which target.</param>
    /// <param name="sourceSaves">
    /// The source restarts in order and with its history, from an RDB file; else it is killed, and has an append-only file.
    /// </param>
    /// <param name="settings">Of the load.</param>
    public static async Task<FaultStage> SetAsync(
        ServerVersion sourceVersion,
        ServerVersion targetVersion,
        bool sourceSaves,
        LoadSettings settings
    )
    {
        string[] durable = ["--appendonly", "yes"];
        var source = await RedisServer.StartAsync(sourceVersion, sourceSaves ? [] : durable);
        try
        {
            return new(source, await RedisServer.StartAsync(targetVersion, durable), settings, sourceSaves);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a fault strike; returns when it is over.</summary>
    public Task StrikeAsync(Fault fault) =>
        fault.Kind switch
        {
            FaultKind.ProgramIsKilled => Program.KillAsync(),
            FaultKind.ProgramIsStopped => Program.StopAsync("TERM"),
            FaultKind.ProgramIsSuspended => WhileAsync(
                fault,
                () => Program.SignalAsync("STOP"),
                () => Program.SignalAsync("CONT")
            ),
            FaultKind.TargetIsKilled => WhileAsync(fault, Target.KillAsync, Target.StartAgainAsync),
            FaultKind.SourceRestarts => WhileAsync(fault, EndSourceAsync, Source.StartAgainAsync),
            FaultKind.ConnectionsAreCut => CutAsync(fault),
            FaultKind.ConnectionIsCutMidway => CutMidwayAsync(fault),
            FaultKind.ConnectionsFreeze => WhileAsync(fault, Side(fault).Freeze, Side(fault).Thaw),
            FaultKind.SpoolIsFull => WhileAsync(fault, FillSpool, _toTarget.Thaw),
            FaultKind.TargetIsFull => WhileAsync(fault, () => LimitTarget("1mb"), () => LimitTarget("0")),
            FaultKind.SourceDropsSlowReplica => WhileAsync(fault, OverrunReplicaAsync, RelieveReplica),
            FaultKind.ReplicasAreDisconnected => DisconnectReplicasAsync(),
            _ => throw new ArgumentOutOfRangeException(
                nameof(fault),
                fault.Kind,
                "Nobody knows how to bring it about."
            ),
        };

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        await Program.DisposeAsync();
        await _toSource.DisposeAsync();
        await _toTarget.DisposeAsync();
        await Source.DisposeAsync();
        await Target.DisposeAsync();
    }

    private FaultProxy Side(Fault fault) => fault.AtSource ? _toSource : _toTarget;

    private static Task WhileAsync(Fault fault, Action begin, Action end) =>
        WhileAsync(fault, () => Done(begin), () => Done(end));

    private static Task WhileAsync(Fault fault, Func<Task> begin, Action end) =>
        WhileAsync(fault, begin, () => Done(end));

    private static async Task WhileAsync(Fault fault, Func<Task> begin, Func<Task> end)
    {
        await begin();
        await Task.Delay(fault.Lasts, TestContext.Current.CancellationToken);
        await end();
    }

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private Task CutAsync(Fault fault)
    {
        Side(fault).CutAll();
        return Task.CompletedTask;
    }

    private Task CutMidwayAsync(Fault fault)
    {
        Side(fault).CutAfter(fault.AtSource ? Direction.ToClient : Direction.ToServer, fault.Bytes);
        return Task.Delay(fault.Lasts, TestContext.Current.CancellationToken);
    }

    private async Task EndSourceAsync()
    {
        if (!_sourceSaves)
        {
            await Source.KillAsync();
            return;
        }

        using var client = Source.Connect();
        try
        {
            client.Call("SHUTDOWN", "SAVE", "NOW");
        }
        catch (IOException)
        {
            // It has closed the connection, as it does when it is down.
        }
    }

    // What memory and disk of the program hold is less than this.
    private void FillSpool()
    {
        _toTarget.Freeze();
        using var client = Source.Connect();
        var value = new byte[BurstValue];
        for (var i = 0; i < BurstKeys; i++)
            client.Call("SET", $"burst:{i % 4}", value);
        client.Call("DEL", "burst:0", "burst:1", "burst:2", "burst:3");
    }

    private void LimitTarget(string bytes)
    {
        using var client = Target.Connect();
        client.Call("CONFIG", "SET", "maxmemory", bytes);
    }

    private async Task OverrunReplicaAsync()
    {
        using var client = Source.Connect();
        client.Call("CONFIG", "SET", "client-output-buffer-limit", "replica 1mb 0 0");
        _toSource.Freeze();
        // What the sockets and the proxy hold comes first.
        var value = new byte[BurstValue];
        for (var i = 0; i < 24; i++)
            client.Call("SET", "burst:slow", value);
        client.Call("DEL", "burst:slow");
        await Task.CompletedTask;
    }

    private void RelieveReplica()
    {
        using var client = Source.Connect();
        client.Call("CONFIG", "SET", "client-output-buffer-limit", "replica 256mb 64mb 60");
        _toSource.Thaw();
    }

    private Task DisconnectReplicasAsync()
    {
        using var client = Source.Connect();
        client.Call("CLIENT", "KILL", "TYPE", "replica");
        return Task.CompletedTask;
    }
}
