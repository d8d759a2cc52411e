using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Sources.Rdb;
using Godwit.Targets;
using Godwit.Targets.Json;
using Godwit.Targets.Redis;

namespace Godwit.Migration;

/// <summary>Where a migration reads, and where it writes.</summary>
internal sealed record Ends(EntrySource Source, EntryTarget Target);

/// <summary>
/// Opens both ends and runs the checks before the first write, in an order in which a refusal leaves both as they were: first
/// everything is asked, then the source is brought to the point of sending, last of all a target is emptied. Owns what it opens.
/// </summary>
internal sealed class EndsOpener(MigrationOptions options, Ledger ledger, IMigrationLog log, TimeProvider timeProvider)
    : IAsyncDisposable
{
    // Measured on two cores: one connection keeps a server's one thread busy.
    private const int DefaultConnections = 1;

    // Entries on their way take half of what we may hold; commands being encoded, replies and pieces the other.
    private readonly BufferBudget _budget = new(options.MaxMemory / 2);

    private readonly List<IAsyncDisposable> _opened = [];
    private readonly SourcePace _pace = SourcePace.Of(options, timeProvider);

    /// <summary>Opens them.</summary>
    /// <param name="beforeFirstWrite">Called when a target is emptied, or may have been.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">An end cannot be reached, or a check failed.</exception>
    public async Task<Ends> OpenAsync(Action beforeFirstWrite, CancellationToken cancellationToken)
    {
        var retry = options.RetryFile is { } path
            ? await RetryList.ReadAsync(path, cancellationToken).ConfigureAwait(false)
            : null;
        var target = options.Target is RedisEndpoint endpoint
            ? await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false)
            : null;
        return options.Source switch
        {
            RedisEndpoint source => await OpenLiveAsync(source, target, retry, beforeFirstWrite, cancellationToken)
                .ConfigureAwait(false),
            RdbFileEndpoint source => await OpenFilesAsync(source, target, retry, beforeFirstWrite, cancellationToken)
                .ConfigureAwait(false),
            _ => throw new InvalidOperationException($"{options.Source.GetType().Name} is not a source"),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
            await _opened[i].DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Ends> OpenLiveAsync(
        RedisEndpoint endpoint,
        LiveEnd? target,
        RetryList? retry,
        Action beforeFirstWrite,
        CancellationToken cancellationToken
    )
    {
        var source = await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        var profile = await CheckAsync(source, target, cancellationToken).ConfigureAwait(false);
        var live = new LiveSource(
            options with
            {
                LargeValues = LargeValuesFor(profile),
            },
            _budget,
            _pace,
            ledger,
            log,
            timeProvider
        );
        var reading = Keep(
            await live.OpenAsync(
                    source.Connection,
                    source.Info,
                    new EntryChoice(endpoint.Database, retry),
                    cancellationToken
                )
                .ConfigureAwait(false)
        );

        // Keys that are asked for by name come once each.
        var mayRepeat = reading is Sources.Scan.ScanSource && retry is null;
        return new Ends(
            reading,
            await OpenTargetAsync(target, profile, mayRepeat, beforeFirstWrite, cancellationToken).ConfigureAwait(false)
        );
    }

    private async Task<Ends> OpenFilesAsync(
        RdbFileEndpoint endpoint,
        LiveEnd? target,
        RetryList? retry,
        Action beforeFirstWrite,
        CancellationToken cancellationToken
    )
    {
        var source = Keep(
            await RdbFileSource
                .OpenAsync(endpoint, new EntryChoice(null, retry), _budget, _pace, ledger, cancellationToken)
                .ConfigureAwait(false)
        );
        log.Info($"Source {endpoint}: {source.Describe()}.");
        var profile = await CheckAsync(null, target, cancellationToken).ConfigureAwait(false);
        source.LargeValues = LargeValuesFor(profile);

        // Of files of several shards or times the same key may come twice; which one is meant nobody can tell.
        return new Ends(
            source,
            await OpenTargetAsync(target, profile, mayRepeat: false, beforeFirstWrite, cancellationToken)
                .ConfigureAwait(false)
        );
    }

    private async Task<TargetProfile?> CheckAsync(LiveEnd? source, LiveEnd? target, CancellationToken cancellationToken)
    {
        var preflight = new Preflight(options, log);
        if (source is not null)
            preflight.CheckSource(source);
        if (target is null)
            return null;

        await preflight.CheckTargetAsync(target, source, cancellationToken).ConfigureAwait(false);
        var profile = await TargetQuestions
            .AskAsync(target.Connection, target.Info, options.Write, log, cancellationToken)
            .ConfigureAwait(false);
        if (source is not null)
            preflight.CheckPair(source, target, profile);
        return profile;
    }

    private async Task<EntryTarget> OpenTargetAsync(
        LiveEnd? target,
        TargetProfile? profile,
        bool mayRepeat,
        Action beforeFirstWrite,
        CancellationToken cancellationToken
    )
    {
        if (target is null || profile is null)
        {
            var endpoint = (JsonEndpoint)options.Target;
            return Keep(JsonTarget.Create(endpoint, ledger, timeProvider));
        }

        if (options.FlushTarget)
        {
            await TargetFlush
                .RunAsync(target.Connection, profile, log, beforeFirstWrite, cancellationToken)
                .ConfigureAwait(false);
        }

        var redis = (RedisEndpoint)options.Target;
        var choices = new RedisTargetOptions
        {
            Write = options.Write,
            OnExisting = options.OnExisting,
            Database = redis.Database,
            SourceMayRepeat = mayRepeat,
            Connections = options.Connections ?? DefaultConnections,
        };
        var control = new ControlConnection(target.Connection, redis.Database ?? 0);
        return Keep(
            await RedisTarget
                .OpenAsync(redis, choices, profile, control, ledger, timeProvider, cancellationToken)
                .ConfigureAwait(false)
        );
    }

    // Pieces are given the key's name by a transaction. Where there is none, a value goes as a whole as long as it can.
    private LargeValueLimits? LargeValuesFor(TargetProfile? profile) =>
        profile is { HasTransactions: false } ? null : options.LargeValues;

    private async Task<LiveEnd> ConnectAsync(RedisEndpoint endpoint, CancellationToken cancellationToken)
    {
        var connection = Keep(
            await RedisConnection
                .ConnectAsync(endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
                .ConfigureAwait(false)
        );
        return new LiveEnd(
            connection,
            await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false),
            await ServerInfo.AskModulesAsync(connection, cancellationToken).ConfigureAwait(false)
        );
    }

    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}
