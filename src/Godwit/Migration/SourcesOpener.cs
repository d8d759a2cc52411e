using Godwit.Batches;
using Godwit.Dynomite;
using Godwit.Endpoints;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Sources.Rdb;
using Godwit.Sources.Shards;

namespace Godwit.Migration;

/// <summary>
/// Opens all that is read, in two steps: first it is found, and can be looked at by the checks; then it is brought to the point
/// of sending. Owns what it opens.
/// </summary>
internal sealed class SourcesOpener(
    MigrationOptions options,
    RetryList? retry,
    Ledger ledger,
    IMigrationLog log,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    // So many at once keep any target busy, and leave each 16 MiB of buffers by default.
    private const int DefaultAtOnce = 8;

    // With less for each, values would go in pieces that are hardly large.
    private const long LeastShare = 4 * 1024 * 1024;

    // Entries on their way take half of what we may hold; commands being encoded, replies and pieces the other.
    private readonly BufferBudget _budget = new(options.MaxMemory / 2);

    private readonly List<FoundSource> _found = [];
    private readonly List<IAsyncDisposable> _opened = [];

    /// <summary>What was found.</summary>
    public SourceEnds Ends =>
        new(
            [
                .. _found.SelectMany(found =>
                    found switch
                    {
                        FoundServer server => [server.End],
                        FoundShards shards => shards.End.Primaries,
                        _ => (IReadOnlyList<LiveEnd>)[],
                    }
                ),
            ],
            _found.OfType<FoundFiles>().Any(),
            _found.Sum(found => found is FoundFiles files ? files.Source.Count : 1)
        );

    /// <summary>The Dynomite cluster that is read; null if there is none.</summary>
    public DynomiteSources? Dynomite { get; private set; }

    /// <summary>Connects to the servers and finds the files.</summary>
    /// <exception cref="GodwitException">One cannot be reached or read.</exception>
    public async Task FindAsync(CancellationToken cancellationToken)
    {
        foreach (var endpoint in SourceEndpoints.Combine(options.Sources))
        {
            switch (endpoint)
            {
                case ServerEndpoint server:
                    _found.Add(await FindAsync(server, cancellationToken).ConfigureAwait(false));
                    break;
                case RdbFileEndpoint files:
                    _found.Add(new FoundFiles(await FindAsync(files, cancellationToken).ConfigureAwait(false)));
                    break;

                // All that is said of a Dynomite cluster belongs together, and stands where the first of it does.
                case DynomiteEndpoint when Dynomite is null:
                    Dynomite = await FindDynomiteAsync(cancellationToken).ConfigureAwait(false);
                    _found.AddRange(
                        Dynomite.Servers.Select(one => new FoundServer(one.Server, IsBehindDynomite: true))
                    );
                    break;
                case DynomiteEndpoint:
                    break;
                default:
                    throw new InvalidOperationException($"{endpoint.GetType().Name} is not a source");
            }
        }

        retry?.FitTo([.. _found.SelectMany(NamesOf)]);
    }

    /// <summary>Opens them: one as it is, several side by side.</summary>
    /// <param name="limits">From which size on a value goes in pieces; null: never.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">One does not let us read it.</exception>
    public async Task<EntrySource> OpenAsync(LargeValueLimits? limits, CancellationToken cancellationToken)
    {
        if (_found.Count == 1)
        {
            return _found[0] switch
            {
                FoundServer only => Keep(
                    await OpenAsync(only, only.End, _budget, limits, cancellationToken).ConfigureAwait(false)
                ),
                FoundShards shards => Keep(
                    await OpenAsync(shards.End, _budget, limits, cancellationToken).ConfigureAwait(false)
                ),
                _ => Prepare((FoundFiles)_found[0], _budget, limits),
            };
        }

        var atOnce = (int)
            Math.Min(
                Math.Min(_found.Count, options.Connections ?? DefaultAtOnce),
                Math.Max(1, _budget.Limit / LeastShare)
            );
        var sources = new List<DeferredSource>(_found.Count);
        foreach (var found in _found)
        {
            var isFirst = sources.Count < atOnce;
            sources.Add(
                found switch
                {
                    FoundServer server => Defer(server, isFirst, limits),
                    FoundShards shards => Defer(shards.End, limits),
                    _ => Defer((FoundFiles)found, limits),
                }
            );

            // A server may close what lies idle until the others have been read.
            if (!isFirst && found is FoundServer waiting)
                await waiting.End.Connection.DisposeAsync().ConfigureAwait(false);
        }

        var all = Keep(new ManySources(sources, _budget.Split(atOnce)) { ExpectedKeysInAll = retry?.Count });
        await all.OpenFirstAsync(cancellationToken).ConfigureAwait(false);
        return all;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
            await _opened[i].DisposeAsync().ConfigureAwait(false);
    }

    private static IEnumerable<(string Name, int? Database)> NamesOf(FoundSource found) =>
        found switch
        {
            FoundServer server => [(server.Name, server.End.Connection.Endpoint.Database)],
            FoundShards shards => [(shards.End.Name, shards.End.Named.Database)],
            _ => ((FoundFiles)found).Source.Reports.Select(file => (file.Uri, (int?)null)),
        };

    private DeferredSource Defer(FoundServer server, bool isConnected, LargeValueLimits? limits)
    {
        var endpoint = server.End.Connection.Endpoint;
        return new DeferredSource(
            server.Name,
            [new SourceReport(server.Name, server.End.Info.DisplayName, Read: null)],
            async (share, token) =>
            {
                var end = isConnected ? server.End : await ConnectAsync(endpoint, token).ConfigureAwait(false);
                return await OpenAsync(server, end, share, limits?.Within(share.Limit), token).ConfigureAwait(false);
            }
        )
        {
            ExpectedKeysBeforehand = server.End.Info.KeysIn(endpoint.Database),
        };
    }

    private DeferredSource Defer(ShardedEnd sharded, LargeValueLimits? limits) =>
        new(
            sharded.Name,
            [new SourceReport(sharded.Name, sharded.Describe(), Read: null)],
            (share, token) => OpenAsync(sharded, share, limits, token)
        )
        {
            ExpectedKeysBeforehand = sharded.Keys,
        };

    private static DeferredSource Defer(FoundFiles files, LargeValueLimits? limits) =>
        new(
            files.Source.Name,
            files.Source.Reports,
            (share, _) => Task.FromResult<EntrySource>(Prepare(files, share, limits?.Within(share.Limit)))
        )
        {
            ExpectedBytesBeforehand = files.Source.ExpectedBytes,
        };

    private static RdbFileSource Prepare(FoundFiles files, BufferBudget budget, LargeValueLimits? limits)
    {
        files.Source.Prepare(budget, limits);
        return files.Source;
    }

    private async Task<EntrySource> OpenAsync(
        ShardedEnd sharded,
        BufferBudget budget,
        LargeValueLimits? limits,
        CancellationToken cancellationToken
    )
    {
        // Each shard that is read at a time has its own share, as each source has.
        var atOnce = (int)
            Math.Min(
                Math.Min(sharded.Primaries.Count, options.Connections ?? DefaultAtOnce),
                Math.Max(1, budget.Limit / LeastShare)
            );
        return await ShardedSource
            .OpenAsync(
                sharded,
                options,
                limits,
                retry,
                budget.Split(atOnce),
                ledger,
                log,
                timeProvider,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private Task<EntrySource> OpenAsync(
        FoundServer server,
        LiveEnd end,
        BufferBudget budget,
        LargeValueLimits? limits,
        CancellationToken cancellationToken
    )
    {
        var live = new LiveSource(
            options with
            {
                LargeValues = limits,
            },
            budget,
            SourcePace.Of(options, timeProvider),
            ledger,
            log,
            timeProvider
        );
        var database = end.Connection.Endpoint.Database;
        var choice = new EntryChoice(database, retry, server.Name, server.IsBehindDynomite);
        return live.OpenAsync(end.Connection, end.Info, choice, cancellationToken);
    }

    private Task<DynomiteSources> FindDynomiteAsync(CancellationToken cancellationToken) =>
        DynomiteSources.OpenAsync(
            [.. options.Sources.OfType<DynomiteEndpoint>()],
            options,
            ConnectAsync,
            log,
            cancellationToken
        );

    private async Task<RdbFileSource> FindAsync(RdbFileEndpoint endpoint, CancellationToken cancellationToken)
    {
        var files = Keep(
            await RdbFileSource
                .OpenAsync(endpoint, retry, SourcePace.Of(options, timeProvider), ledger, cancellationToken)
                .ConfigureAwait(false)
        );
        log.Info($"Source {endpoint}: {files.Describe()}.");
        return files;
    }

    // All shards are asked before anything is read, so that one which refuses us is known before the first write.
    private async Task<FoundSource> FindAsync(ServerEndpoint endpoint, CancellationToken cancellationToken)
    {
        var live = await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        if (!live.Topology.CanFailOver)
            return new FoundServer(live);

        var primaries = new List<LiveEnd>();
        foreach (var shard in live.Topology.Map.Shards)
        {
            primaries.Add(
                Keep(
                    await LiveEnd
                        .ConnectAsync(shard.Primary, live.Topology, timeProvider, cancellationToken)
                        .ConfigureAwait(false)
                )
            );
        }

        return new FoundShards(new ShardedEnd(live.Topology, primaries));
    }

    private async Task<LiveEnd> ConnectAsync(ServerEndpoint endpoint, CancellationToken cancellationToken)
    {
        var end = await LiveEnd.ConnectAsync(endpoint, timeProvider, cancellationToken).ConfigureAwait(false);
        Keep(end);
        return end;
    }

    // Sources are opened side by side.
    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        lock (_opened)
            _opened.Add(opened);
        return opened;
    }
}
