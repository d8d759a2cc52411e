using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Expiry;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources.Scan;

namespace Godwit.Live.Following;

/// <summary>What all parts of a job need that follows a source by the names of its keys.</summary>
internal sealed record FollowingEnds
{
    /// <summary>Both ends.</summary>
    public required LiveEnds Ends { get; init; }

    /// <summary>What the user chose.</summary>
    public required MigrationOptions Options { get; init; }

    /// <summary>The source's servers that take writes.</summary>
    public required SourceServers Servers { get; init; }

    /// <summary>Opens the target for keys.</summary>
    public required LiveTargets Targets { get; init; }

    /// <summary>What the source lets us ask.</summary>
    public required ScanRights Rights { get; init; }

    /// <summary>In which databases keys may be.</summary>
    public required SourceDatabases Databases { get; init; }

    /// <summary>Learns which keys are streams.</summary>
    public required StreamKeys Streams { get; init; }

    /// <summary>Keeps expiries back while the target is behind.</summary>
    public required ExpiryHold Expiries { get; init; }

    /// <summary>Gives the buffers.</summary>
    public required BufferBudget Budget { get; init; }

    /// <summary>How fast the source may be read.</summary>
    public required SourcePace Pace { get; init; }

    /// <summary>Hears what happens.</summary>
    public required IMigrationLog Log { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Connects to a server of the source, in database 0.</summary>
    public Task<RedisConnection> ConnectSourceAsync(RedisEndpoint server, CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(
            server with
            {
                Database = null,
            },
            new ConnectionOptions(),
            TimeProvider,
            cancellationToken
        );

    /// <summary>Connects to the target's one server, in database 0.</summary>
    public Task<RedisConnection> ConnectTargetAsync(CancellationToken cancellationToken) =>
        Targets.ConnectAsync(Ends.TargetServer with { Database = null }, cancellationToken);

    /// <summary>Writes over a connection to one server of the target.</summary>
    public StateWriter WriterTo(RedisConnection connection) =>
        new(connection, Ends.Profile, Options.Write, TimeProvider);

    /// <summary>True if it may pass by itself, and is about a server of the source.</summary>
    public bool IsOfSource(GodwitException exception) =>
        Passing.IsOf(exception)
        && exception switch
        {
            ConnectionException connection => IsOfSource(connection.Endpoint),
            ServerErrorException error => IsOfSource(error.Endpoint),
            _ => false,
        };

    // A connection of ours may name another database than its user did. Whoever is none of the target's is the source's: a Sentinel too.
    private bool IsOfSource(string server) =>
        !Ends
            .Target.Topology.Map.Shards.SelectMany(shard => shard.Replicas.Append(shard.Primary))
            .Append(Ends.TargetServer)
            .SelectMany(node =>
                new[] { node, node with { Database = null }, node with { Database = Ends.TargetEndpoint.Database } }
            )
            .Any(node => node.ToString() == server);
}
