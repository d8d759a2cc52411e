using System.Collections.Frozen;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Connections.Topology;

/// <summary>The primary that Sentinels name, and its replicas: one shard that holds all, and may move to another server.</summary>
/// <remarks>
/// A Sentinel that was cut off from the others names a primary of the past. All are asked, the one who knows of the latest
/// failover is believed first, and whom it names is asked for its role.
/// </remarks>
internal sealed class SentinelTopology : ServerTopology
{
    private readonly SentinelEndpoint _named;
    private readonly TimeProvider _timeProvider;
    private IReadOnlyList<RedisEndpoint> _sentinels;

    private SentinelTopology(SentinelEndpoint named, SentinelView view, TimeProvider timeProvider)
        : base(MapOf(named, view, version: 0))
    {
        _named = named;
        _timeProvider = timeProvider;
        _sentinels = Known(named, view);
    }

    /// <inheritdoc/>
    public override bool CanFailOver => true;

    /// <inheritdoc/>
    public override Endpoint Named => _named;

    /// <summary>Asks the Sentinels that the user names.</summary>
    /// <exception cref="ServerErrorException">The Sentinels do not tell, or know no such service.</exception>
    /// <exception cref="ConnectionException">None can be reached, or not the primary.</exception>
    public static async Task<SentinelTopology> DiscoverAsync(
        SentinelEndpoint named,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var view = await AskAsync(named, named.Sentinels, timeProvider, cancellationToken).ConfigureAwait(false);
        return new SentinelTopology(named, view, timeProvider);
    }

    /// <inheritdoc/>
    protected override async Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken)
    {
        var view = await AskAsync(_named, _sentinels, _timeProvider, cancellationToken).ConfigureAwait(false);
        _sentinels = Known(_named, view);
        return MapOf(_named, view, old.Version + 1);
    }

    private static async Task<SentinelView> AskAsync(
        SentinelEndpoint named,
        IReadOnlyList<RedisEndpoint> sentinels,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var answers = await Task.WhenAll(
                sentinels.Select(sentinel => TryAskAsync(named, sentinel, timeProvider, cancellationToken))
            )
            .ConfigureAwait(false);
        GodwitException? failure = null;
        foreach (var (view, why) in answers.OrderByDescending(answer => answer.View?.Epoch ?? -1))
        {
            failure ??= why;
            if (view is null)
                continue;

            try
            {
                if (await IsPrimaryAsync(view.Primary, timeProvider, cancellationToken).ConfigureAwait(false))
                    return view;
                failure = NoPrimaryYet(named, view);
            }
            catch (ConnectionException exception)
            {
                failure = exception;
            }
        }

        throw failure!;
    }

    private static async Task<(SentinelView? View, GodwitException? Why)> TryAskAsync(
        SentinelEndpoint named,
        RedisEndpoint sentinel,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var connection = await RedisConnection
                .ConnectAsync(sentinel, Quick, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            return (await SentinelView.AskAsync(connection, named, cancellationToken).ConfigureAwait(false), null);
        }
        catch (GodwitException exception)
        {
            return (null, exception);
        }
    }

    private static async Task<bool> IsPrimaryAsync(
        RedisEndpoint server,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var connection = await RedisConnection
            .ConnectAsync(server with { Database = null }, Quick, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var role = await connection.TryExecuteAsync(cancellationToken, "ROLE").ConfigureAwait(false);

        // Who may not ask finds out by the first write: a replica refuses it.
        return role.IsError || role.Items is not [{ Text: not "master" }, ..];
    }

    private static ConnectionException NoPrimaryYet(SentinelEndpoint named, SentinelView view) =>
        new(
            view.Primary,
            ConnectionStage.Connect,
            $"{named} names {view.Primary.Address} as the primary of {named.Service}, and that is none",
            "Wait until the failover has ended; if it does not, look into the Sentinels' logs.",
            isTransient: true
        );

    private static IReadOnlyList<RedisEndpoint> Known(SentinelEndpoint named, SentinelView view) =>
        [.. named.Sentinels.Concat(view.Sentinels).Distinct()];

    private static ShardMap MapOf(SentinelEndpoint named, SentinelView view, long version) =>
        new(
            version,
            [new Shard(named.Service, view.Primary, view.Replicas, [new SlotRange(0, HashSlot.Count - 1)], view.Epoch)],
            FrozenSet<int>.Empty
        );
}
