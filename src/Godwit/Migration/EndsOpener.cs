using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Targets;
using Godwit.Targets.Json;
using Godwit.Targets.Redis;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Migration;

/// <summary>Where a migration reads, and where it writes.</summary>
/// <param name="Source">All sources.</param>
/// <param name="Target">The target.</param>
/// <param name="Retry">The keys to try again; null for all.</param>
/// <param name="CanTellConflicts">What the target has already is of another source or database: it was empty, and there are several.</param>
internal sealed record Ends(EntrySource Source, EntryTarget Target, RetryList? Retry, bool CanTellConflicts);

/// <summary>
/// Opens both ends and runs the checks before the first write, in an order in which a refusal leaves both as they were: first
/// everything is asked, then the sources are brought to the point of sending, last of all a target is emptied. Owns what it
/// opens.
/// </summary>
internal sealed class EndsOpener(MigrationOptions options, Ledger ledger, IMigrationLog log, TimeProvider timeProvider)
    : IAsyncDisposable
{
    // Measured on two cores: one connection keeps a server's one thread busy.
    private const int DefaultConnections = 1;

    private readonly List<IAsyncDisposable> _opened = [];

    /// <summary>Opens them.</summary>
    /// <param name="beforeFirstWrite">Called when a target is emptied, or may have been.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">An end cannot be reached, or a check failed.</exception>
    public async Task<Ends> OpenAsync(Action beforeFirstWrite, CancellationToken cancellationToken)
    {
        var retry = options.RetryFile is { } path
            ? await RetryList.ReadAsync(path, log, cancellationToken).ConfigureAwait(false)
            : null;
        var target = options.Target is ServerEndpoint endpoint
            ? await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false)
            : null;
        var shards = target is { Topology.CanFailOver: true }
            ? Keep(await TargetShards.OpenAsync(target.Topology, timeProvider, cancellationToken).ConfigureAwait(false))
            : null;
        if (shards is not null)
            target = target! with { Info = shards.Info };
        var sources = Keep(new SourcesOpener(options, retry, ledger, log, timeProvider));
        await sources.FindAsync(cancellationToken).ConfigureAwait(false);
        var found = sources.Ends;
        var profile = await CheckAsync(found, target, shards, cancellationToken).ConfigureAwait(false);
        var reading = await sources.OpenAsync(LargeValuesFor(profile), cancellationToken).ConfigureAwait(false);
        var wasEmpty = options.FlushTarget || target?.Info.TotalKeys == 0;
        return new Ends(
            reading,
            await OpenTargetAsync(target, shards, profile, found.AreSeveral, beforeFirstWrite, cancellationToken)
                .ConfigureAwait(false),
            retry,
            (found.AreSeveral || options.Databases.MayMerge) && wasEmpty && options.OnExisting != OnExisting.Replace
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
            await _opened[i].DisposeAsync().ConfigureAwait(false);
    }

    private async Task<TargetProfile?> CheckAsync(
        SourceEnds sources,
        LiveEnd? target,
        TargetShards? shards,
        CancellationToken cancellationToken
    )
    {
        var preflight = new Preflight(options, log);
        preflight.CheckSources(sources);
        var rights = new RightsPreflight(options, preflight, timeProvider);
        await rights.CheckSourcesAsync(sources, cancellationToken).ConfigureAwait(false);
        if (target is null)
            return null;

        await preflight.CheckTargetAsync(target, sources, cancellationToken).ConfigureAwait(false);
        var profile = shards is null
            ? await TargetQuestions
                .AskAsync(target.Connection, target.Info, options.Write, tag: "", log, cancellationToken)
                .ConfigureAwait(false)
            : await shards.AskAsync(options.Write, target.Topology.Map, log, cancellationToken).ConfigureAwait(false);
        preflight.CheckFit(sources, target, profile);
        await rights.CheckTargetAsync(target, sources, cancellationToken).ConfigureAwait(false);
        return profile;
    }

    private async Task<EntryTarget> OpenTargetAsync(
        LiveEnd? target,
        TargetShards? shards,
        TargetProfile? profile,
        bool severalSources,
        Action beforeFirstWrite,
        CancellationToken cancellationToken
    )
    {
        if (target is null || profile is null)
        {
            var endpoint = (JsonEndpoint)options.Target;
            return Keep(JsonTarget.Create(endpoint, options.Databases, timeProvider));
        }

        if (options.FlushTarget)
        {
            Task FlushAsync(RedisConnection connection) =>
                TargetFlush.RunAsync(connection, profile, log, beforeFirstWrite, cancellationToken);
            await (shards?.ForEachAsync(FlushAsync) ?? FlushAsync(target.Connection)).ConfigureAwait(false);
        }

        var redis = target.Connection.Endpoint;
        var choices = new RedisTargetOptions
        {
            Write = options.Write,
            OnExisting = options.OnExisting,
            Database = redis.Database,
            Databases = options.Databases,
            SeveralSources = severalSources,
            IsCluster = target.Topology.IsCluster,
            IsRetry = options.RetryFile is not null,
            Connections = options.Connections ?? DefaultConnections,

            // A piece of a large value that arrives late would be in it twice, where that is built again: at one server it is not.
            Connection = new ConnectionOptions { Lost = shards is null ? null : new LostConnections(log.Warn) },
        };
        if (shards is not null)
        {
            await shards.DisposeAsync().ConfigureAwait(false);
            var count = target.Topology.Map.Shards.Count;
            var server = target.Topology.IsCluster
                ? $"{profile.Server} cluster of {count} {(count == 1 ? "shard" : "shards")}"
                : profile.Server;
            return Keep(
                new ShardedTarget(
                    new LaneSettings(
                        choices,
                        profile,
                        target.Topology,
                        ledger.Events,
                        new SettledHistory(target.Topology, ledger.Events),
                        new ReplicaRoll(target.Topology, timeProvider),
                        timeProvider
                    ),
                    server,
                    log
                )
            );
        }

        var control = new ControlConnection(
            target.Connection,
            redis.Database ?? 0,
            token => RedisConnection.ConnectAsync(redis, choices.Connection, timeProvider, token)
        );
        return Keep(
            await RedisTarget
                .OpenAsync(redis, choices, profile, control, timeProvider, cancellationToken)
                .ConfigureAwait(false)
        );
    }

    // Pieces are given the key's name by a transaction. Where there is none, a value goes as a whole as long as it can.
    private LargeValueLimits? LargeValuesFor(TargetProfile? profile) =>
        profile is { HasTransactions: false } ? null : options.LargeValues;

    private async Task<LiveEnd> ConnectAsync(ServerEndpoint endpoint, CancellationToken cancellationToken)
    {
        var end = await LiveEnd.ConnectAsync(endpoint, timeProvider, cancellationToken).ConfigureAwait(false);
        Keep(end);
        return end;
    }

    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}
