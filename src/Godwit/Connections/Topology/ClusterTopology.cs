using System.Collections.Frozen;
using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Connections.Topology;

/// <summary>A cluster, found by asking one of its nodes, and later any that is known.</summary>
/// <remarks>
/// CLUSTER NODES rather than CLUSTER SLOTS or SHARDS: every version has it, it names slots that are on their way, epochs, and
/// the port that fits the connection's encryption.
/// </remarks>
internal sealed class ClusterTopology : ServerTopology
{
    private readonly RedisEndpoint _named;
    private readonly TimeProvider _timeProvider;
    private IReadOnlyList<RedisEndpoint> _known;

    private ClusterTopology(RedisEndpoint named, ClusterView view, TimeProvider timeProvider)
        : base(view.ToMap(version: 0))
    {
        _named = named;
        _timeProvider = timeProvider;
        _known = view.Addresses(named);
    }

    /// <inheritdoc/>
    public override bool IsCluster => true;

    /// <inheritdoc/>
    public override Endpoint Named => _named;

    /// <summary>Finds the cluster that a node belongs to.</summary>
    /// <param name="node">A connection to it. It is not kept.</param>
    /// <param name="timeProvider">For the connections to other nodes.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="ServerErrorException">It does not tell: CLUSTER NODES is not permitted.</exception>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="ClusterIncompleteException">There are keys in it that nobody can reach.</exception>
    public static async Task<ClusterTopology> DiscoverAsync(
        RedisConnection node,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var view = await AskNodeAsync(node, cancellationToken).ConfigureAwait(false);
        // Later, while one takes over from another, it passes; here nobody would miss the keys.
        if (view.Lost.Count > 0)
            throw new ClusterIncompleteException(node.Endpoint, view.Lost);

        view = await AskForMovesAsync(view, timeProvider, cancellationToken).ConfigureAwait(false);
        return new ClusterTopology(node.Endpoint, view, timeProvider);
    }

    // A node that was cut off from the others may still believe in an old world: of those that answer, the one who knows the
    // highest epoch is believed.
    /// <inheritdoc/>
    protected override async Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken)
    {
        GodwitException? failure = null;
        ClusterView? best = null;
        foreach (var address in _known)
        {
            try
            {
                var view = await AskAsync(address, _timeProvider, cancellationToken).ConfigureAwait(false);
                if (best is null || view.HighestEpoch > best.HighestEpoch)
                    best = view;
            }
            catch (GodwitException exception)
            {
                failure ??= exception;
            }
        }

        if (best is null)
            throw failure!;

        best = await AskForMovesAsync(best, _timeProvider, cancellationToken).ConfigureAwait(false);
        _known = best.Addresses(_named);
        return best.ToMap(old.Version + 1);
    }

    // Only a node itself tells which slots are leaving it and coming to it.
    private static async Task<ClusterView> AskForMovesAsync(
        ClusterView view,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var moving = new HashSet<int>(view.Moving);
        foreach (var primary in view.Nodes.Where(node => node is { IsPrimary: true, IsFailing: false }))
        {
            try
            {
                var own = await AskAsync(primary.Endpoint, timeProvider, cancellationToken).ConfigureAwait(false);
                moving.UnionWith(own.Moving);
            }
            catch (ConnectionException)
            {
                // It went away meanwhile. Whoever needs it will meet that, and ask for a new map.
            }
        }

        return view with
        {
            Moving = moving.ToFrozenSet(),
        };
    }

    private static async Task<ClusterView> AskAsync(
        RedisEndpoint address,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var connection = await RedisConnection
            .ConnectAsync(address with { Database = null }, Quick, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        return await AskNodeAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ClusterView> AskNodeAsync(RedisConnection node, CancellationToken cancellationToken)
    {
        var reply = await node.ExecuteAsync(cancellationToken, "CLUSTER", "NODES").ConfigureAwait(false);
        try
        {
            var view = ClusterView.Of(ClusterNodesText.Parse(reply.Text, node.Endpoint));
            return view with { Lost = [.. ClusterNodesText.ParseLost(reply.Text).Where(view.IsWithoutOwner)] };
        }
        catch (FormatException exception)
        {
            throw new ClusterUnreadableException(node.Endpoint, exception);
        }
    }
}
