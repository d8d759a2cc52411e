using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Targets;
using Godwit.Targets.Redis;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Live;

/// <summary>Opens the target of a live job for keys: for those of a snapshot, or for those that are read anew.</summary>
/// <param name="ends">Both ends.</param>
/// <param name="options">What the user chose.</param>
/// <param name="events">Takes what happens to the target's servers.</param>
/// <param name="connection">How connections to it behave.</param>
/// <param name="log">Hears what is waited for.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LiveTargets(
    LiveEnds ends,
    MigrationOptions options,
    RunEvents events,
    ConnectionOptions connection,
    IMigrationLog log,
    TimeProvider timeProvider
)
{
    private ServerTopology Topology => ends.Target.Topology;

    /// <summary>Opens it, whatever it is.</summary>
    public async Task<EntryTarget> OpenAsync(OnExisting onExisting, CancellationToken cancellationToken)
    {
        if (Topology.CanFailOver)
            return OpenShards(onExisting);

        var endpoint = ends.TargetServer;
        var control = await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        return await RedisTarget
            .OpenAsync(
                endpoint,
                Choices(onExisting),
                ends.Profile,
                new ControlConnection(control, endpoint.Database ?? 0),
                timeProvider,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>Opens one whose servers may take each other's place.</summary>
    public ShardedTarget OpenShards(OnExisting onExisting) =>
        new(
            new LaneSettings(
                Choices(onExisting),
                ends.Profile,
                Topology,
                events,
                new SettledHistory(Topology, events),
                new ReplicaRoll(Topology, timeProvider),
                timeProvider
            ),
            Topology.IsCluster
                ? $"{ends.Profile.Server} cluster of {Topology.Map.Shards.Count} shards"
                : ends.Profile.Server,
            log
        );

    /// <summary>Empties it.</summary>
    /// <param name="beforeFirstWrite">Called before anything is deleted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Protocol.GodwitException">A server refused, or cannot be reached.</exception>
    public async Task FlushAsync(Action beforeFirstWrite, CancellationToken cancellationToken)
    {
        if (!Topology.CanFailOver)
        {
            await FlushAsync(ends.Target.Connection).ConfigureAwait(false);
            return;
        }

        var shards = await TargetShards.OpenAsync(Topology, timeProvider, cancellationToken).ConfigureAwait(false);
        await using var closing = shards.ConfigureAwait(false);
        await shards.ForEachAsync(FlushAsync).ConfigureAwait(false);

        Task FlushAsync(RedisConnection server) =>
            TargetFlush.RunAsync(server, ends.Profile, log, beforeFirstWrite, cancellationToken);
    }

    /// <summary>Connects to one of its servers.</summary>
    public Task<RedisConnection> ConnectAsync(RedisEndpoint endpoint, CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(endpoint, connection, timeProvider, cancellationToken);

    /// <summary>Runs commands at whoever is in charge.</summary>
    public NodeErrand Errand(TimeSpan patience) => new(Topology, connection, patience, timeProvider);

    /// <summary>Ends what connections that were lost may still bring.</summary>
    public Task EndLostAsync(CancellationToken cancellationToken) =>
        connection.Lost?.EndAllAsync(connection, timeProvider, cancellationToken) ?? Task.CompletedTask;

    /// <summary>Connects to whoever has a slot by the map as it is known.</summary>
    public Task<RedisConnection> ConnectAsync(int slot, CancellationToken cancellationToken)
    {
        var map = Topology.Map;
        return ConnectAsync(map.Shards[map.OwnerOf(slot) ?? 0].Primary, cancellationToken);
    }

    /// <summary>Connects to the one primary, asked for anew where another may have taken its place.</summary>
    public async Task<RedisConnection> ConnectToPrimaryAsync(CancellationToken cancellationToken)
    {
        var map = Topology.CanFailOver
            ? await Topology.RenewAsync(Topology.Map.Version, cancellationToken).ConfigureAwait(false)
            : Topology.Map;
        return await ConnectAsync(map.Shards[0].Primary, cancellationToken).ConfigureAwait(false);
    }

    private RedisTargetOptions Choices(OnExisting onExisting) =>
        new()
        {
            Write = options.Write,
            OnExisting = onExisting,
            Database = ends.TargetEndpoint.Database,
            Databases = options.Databases,
            SeveralSources = false,
            IsCluster = Topology.IsCluster,
            Connections = options.Connections ?? 1,
            Connection = connection,
        };
}
