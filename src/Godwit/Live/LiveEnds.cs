using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Targets.Redis;
using Godwit.Targets.Redis.Shards;
using Godwit.Transform;

namespace Godwit.Live;

/// <summary>Both ends of a live job, checked. Owns the connections, which are for questions.</summary>
internal sealed class LiveEnds : IAsyncDisposable
{
    private readonly DatabaseMap _databases;

    private LiveEnds(LiveEnd source, IReadOnlyList<LiveEnd> sources, LiveEnd target, DatabaseMap databases)
    {
        (Source, Sources, Target, _databases) = (source, sources, target, databases);
    }

    /// <summary>The source.</summary>
    public LiveEnd Source { get; }

    /// <summary>Its servers that take writes: a single one, or the primary of each shard in the map's order.</summary>
    public IReadOnlyList<LiveEnd> Sources { get; }

    /// <summary>The target. What it says of itself is what all of its shards say together.</summary>
    public LiveEnd Target { get; private set; }

    /// <summary>What all of the target's servers can do.</summary>
    public TargetProfile Profile { get; private set; } = null!;

    /// <summary>The source as its user named it.</summary>
    public ServerEndpoint SourceEndpoint => (ServerEndpoint)Source.Topology.Named;

    /// <summary>The target as its user named it.</summary>
    public ServerEndpoint TargetEndpoint => (ServerEndpoint)Target.Topology.Named;

    /// <summary>The source's server, where there is one alone.</summary>
    public RedisEndpoint SourceServer => Source.Connection.Endpoint;

    /// <summary>The target's server, where there is one alone.</summary>
    public RedisEndpoint TargetServer => Target.Connection.Endpoint;

    /// <summary>All databases of the one are meant, each into one of the other's.</summary>
    public bool AreWhole => SourceEndpoint.Database is null && TargetEndpoint.Database is null;

    /// <summary>Every database keeps its number.</summary>
    public bool KeepDatabases => AreWhole && _databases.IsEmpty;

    /// <summary>The target's database for one of the source's.</summary>
    public int DatabaseOf(int database) => TargetEndpoint.Database ?? _databases.Of(database);

    /// <summary>Connects to both and checks them.</summary>
    /// <param name="options">What the user chose.</param>
    /// <param name="log">Hears what was found.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">One cannot be reached, or a check failed.</exception>
    public static async Task<LiveEnds> OpenAsync(
        MigrationOptions options,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        if (options is not { Sources: [ServerEndpoint from], Target: ServerEndpoint to })
        {
            throw new RefusedException(
                "Following changes needs one source, a server or a cluster, and a server or a cluster as the target",
                "Name one of each, or leave --live out."
            );
        }

        var opened = new List<LiveEnd>();
        try
        {
            var target = Keep(await LiveEnd.ConnectAsync(to, timeProvider, cancellationToken).ConfigureAwait(false));
            var source = Keep(await LiveEnd.ConnectAsync(from, timeProvider, cancellationToken).ConfigureAwait(false));
            var sources = new List<LiveEnd>();
            foreach (var shard in source.Topology.CanFailOver ? source.Topology.Map.Shards : [])
            {
                sources.Add(
                    Keep(
                        await LiveEnd
                            .ConnectAsync(shard.Primary, source.Topology, timeProvider, cancellationToken)
                            .ConfigureAwait(false)
                    )
                );
            }

            var ends = new LiveEnds(source, sources.Count == 0 ? [source] : sources, target, options.Databases);
            await ends.CheckAsync(options, log, timeProvider, cancellationToken).ConfigureAwait(false);
            return ends;
        }
        catch
        {
            foreach (var end in opened)
                await end.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        LiveEnd Keep(LiveEnd end)
        {
            opened.Add(end);
            return end;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var end in Sources.Append(Source).Append(Target))
            await end.DisposeAsync().ConfigureAwait(false);
    }

    private async Task CheckAsync(
        MigrationOptions options,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        if (!Target.Topology.CanFailOver)
        {
            await CheckAsync(options, shards: null, log, timeProvider, cancellationToken).ConfigureAwait(false);
            return;
        }

        var shards = await TargetShards
            .OpenAsync(Target.Topology, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = shards.ConfigureAwait(false);
        Target = Target with { Info = shards.Info };
        await CheckAsync(options, shards, log, timeProvider, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckAsync(
        MigrationOptions options,
        TargetShards? shards,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var preflight = new Preflight(options, log);
        var sources = new SourceEnds(Sources, HasFiles: false, Count: 1);
        preflight.CheckSources(sources);
        var rights = new RightsPreflight(options, preflight, timeProvider);
        await rights.CheckSourcesAsync(sources, cancellationToken).ConfigureAwait(false);
        await preflight.CheckTargetAsync(Target, sources, cancellationToken).ConfigureAwait(false);
        Profile = shards is null
            ? await TargetQuestions
                .AskAsync(Target.Connection, Target.Info, options.Write, tag: "", log, cancellationToken)
                .ConfigureAwait(false)
            : await shards.AskAsync(options.Write, Target.Topology.Map, log, cancellationToken).ConfigureAwait(false);
        preflight.CheckFit(sources, Target, Profile);
        if (!Profile.HasTransactions)
        {
            throw new RefusedException(
                $"{TargetEndpoint} does not let us use transactions, without which a change might be applied twice",
                "Let the user run them: ACL SETUSER name +multi +exec +discard."
            );
        }

        await rights.CheckTargetAsync(Target, sources, cancellationToken).ConfigureAwait(false);
    }
}
