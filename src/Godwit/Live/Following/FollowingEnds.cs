using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Expiry;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Sources.Scan;
using Godwit.Targets.Redis;

namespace Godwit.Live.Following;

/// <summary>What all parts of a job need that follows a source by the names of its keys.</summary>
internal sealed record FollowingEnds
{
    /// <summary>Both servers.</summary>
    public required LiveEnds Ends { get; init; }

    /// <summary>What the user chose.</summary>
    public required MigrationOptions Options { get; init; }

    /// <summary>How connections to the target behave.</summary>
    public required ConnectionOptions Connection { get; init; }

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

    /// <summary>Connects to the source, in database 0.</summary>
    public Task<RedisConnection> ConnectSourceAsync(CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(
            Ends.SourceServer with
            {
                Database = null,
            },
            new ConnectionOptions(),
            TimeProvider,
            cancellationToken
        );

    /// <summary>Connects to the target, in database 0.</summary>
    public Task<RedisConnection> ConnectTargetAsync(CancellationToken cancellationToken) =>
        ConnectAsync(Ends.TargetServer with { Database = null }, cancellationToken);

    /// <summary>Opens the target for many keys, or for large ones. They take the place of what is there.</summary>
    public async Task<RedisTarget> OpenTargetAsync(CancellationToken cancellationToken)
    {
        var endpoint = Ends.TargetServer;
        var control = await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        var choices = new RedisTargetOptions
        {
            Write = Options.Write,
            OnExisting = OnExisting.Replace,
            Database = endpoint.Database,
            Databases = Options.Databases,
            SeveralSources = false,
            Connections = Options.Connections ?? 1,
            Connection = Connection,
        };
        return await RedisTarget
            .OpenAsync(
                endpoint,
                choices,
                Ends.Profile,
                new ControlConnection(control, endpoint.Database ?? 0),
                TimeProvider,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private Task<RedisConnection> ConnectAsync(RedisEndpoint endpoint, CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(endpoint, Connection, TimeProvider, cancellationToken);
}
