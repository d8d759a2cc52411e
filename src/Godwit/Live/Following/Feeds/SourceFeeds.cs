using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Following.Feeds;

/// <summary>
/// Hears from every server of the source that takes writes which keys change, while servers come and go, and slots go from one to
/// another. One task asks; another may wait for the end.
/// </summary>
/// <param name="servers">The servers.</param>
/// <param name="info">What the first of them says of itself.</param>
/// <param name="wayOf">How a server tells.</param>
/// <param name="keys">Takes the names, and the doubts.</param>
/// <param name="streams">The keys that consumer groups may belong to.</param>
/// <param name="events">Takes servers that come and go, for the report.</param>
/// <param name="log">Hears what happens.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class SourceFeeds(
    SourceServers servers,
    ServerInfo info,
    Func<FollowedServer, FeedWay> wayOf,
    DirtyKeys keys,
    StreamKeys streams,
    RunEvents events,
    IMigrationLog log,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    private const string HaveChanged =
        "servers of the source have come or gone, and nobody has heard what they changed meanwhile";

    // Each look at the map is a question to each node.
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _owned = HashSlot.Count - servers.Topology.Map.UnownedSlots;
    private volatile IReadOnlyList<ServerFeed> _all = [];
    private long _renewedAt = timeProvider.GetTimestamp();

    /// <summary>A number that changes when function libraries may have changed. From any thread.</summary>
    public int Functions => _all.Sum(feed => feed.Counts.Functions);

    /// <summary>Has all begin to tell. Everything that changes behind this is told.</summary>
    /// <exception cref="GodwitException">One cannot be reached, or does not let us.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        foreach (var server in servers.All)
            await OpenAsync(server, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until one breaks off for good.</summary>
    /// <exception cref="GodwitException">One does not let us any more.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => _failure.Task.WaitAsync(cancellationToken);

    /// <summary>Waits until all that had changed before the call is in the set.</summary>
    /// <returns>False if a connection was lost meanwhile, or is.</returns>
    public async Task<bool> FenceAsync(CancellationToken cancellationToken)
    {
        var passed = await Task.WhenAll(_all.Select(feed => feed.Feed.FenceAsync(cancellationToken)))
            .ConfigureAwait(false);
        return passed.All(passed => passed);
    }

    /// <summary>Looks for what is not told: commands, servers that have come, and slots that somebody has who is not heard.</summary>
    /// <returns>False if that cannot be said just now, so that more may have changed than was told.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var isTold = true;
        foreach (var feed in _all)
            isTold &= await feed.Counts.LookAsync(cancellationToken).ConfigureAwait(false);
        if (!servers.Topology.CanFailOver)
            return isTold;

        isTold &= await AllAreHeardAsync(cancellationToken).ConfigureAwait(false);
        if (timeProvider.GetElapsedTime(_renewedAt) > RenewEvery)
            isTold &= await RenewAsync(cancellationToken).ConfigureAwait(false);
        return isTold;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var feed in _all)
            await feed.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> AllAreHeardAsync(CancellationToken cancellationToken)
    {
        if (!servers.Topology.IsCluster)
            return true;

        var heard = SlotSet.None;
        foreach (var feed in _all)
        {
            if (await feed.Own!.AskAsync(cancellationToken).ConfigureAwait(false) is not { } own)
                return false;
            heard = heard.Or(own);
        }

        return heard.Count >= _owned;
    }

    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        ShardMap map;
        try
        {
            map = await servers
                .Topology.RenewAsync(servers.Topology.Map.Version, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (GodwitException)
        {
            // Nobody can be asked just now.
            return false;
        }
        finally
        {
            _renewedAt = timeProvider.GetTimestamp();
        }

        servers.Adopt(map, info);
        foreach (var feed in _all)
            await feed.TurnAsync().ConfigureAwait(false);
        return await AdoptAsync(servers.All, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> AdoptAsync(IReadOnlyList<FollowedServer> all, CancellationToken cancellationToken)
    {
        var isSame = true;
        foreach (var gone in _all.Where(feed => !all.Contains(feed.Server)).ToArray())
        {
            isSame = false;
            _all = [.. _all.Where(feed => feed != gone)];
            await gone.DisposeAsync().ConfigureAwait(false);
            events.Add($"{gone.Server.Shard.Primary.Address} owns no slots of {servers.Topology.Named} any more");
            keys.Raise(Doubt.Anything, HaveChanged);
        }

        foreach (var server in all.Except(_all.Select(feed => feed.Server)).ToArray())
        {
            isSame = false;
            try
            {
                await OpenAsync(server, cancellationToken).ConfigureAwait(false);
                events.Add(
                    $"{server.Shard.Primary.Address} owns slots of {servers.Topology.Named} now, and is followed too"
                );
                keys.Raise(Doubt.Anything, HaveChanged);
            }
            catch (GodwitException exception) when (Passing.IsOf(exception))
            {
                // It is asked again by the next look.
            }
        }

        return isSame;
    }

    private async Task OpenAsync(FollowedServer server, CancellationToken cancellationToken)
    {
        var way = wayOf(server);
        var feed = new ServerFeed(
            server,
            new KeyFeed(way, keys, log, timeProvider),
            new CommandCounts(server.ConnectAsync, way.NotTold, keys, streams, log, timeProvider),
            server.IsOfCluster ? new OwnSlots(server, timeProvider) : null
        );
        try
        {
            await feed.Feed.OpenAsync(cancellationToken).ConfigureAwait(false);

            // How things stand now: after this a difference is news.
            await feed.Counts.LookAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await feed.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        feed.Start(exception => _failure.TrySetException(exception));
        _all = [.. _all, feed];
    }
}
