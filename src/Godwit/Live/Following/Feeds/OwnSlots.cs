using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Servers;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Following.Feeds;

/// <summary>
/// What a node of a cluster says of itself. Others learn late that a slot has moved; who had it, and who has it, know it at once.
/// So the sum of what all say of themselves tells whether somebody has slots who is not followed. Owns its connection.
/// </summary>
/// <param name="server">Whose primary is asked.</param>
/// <param name="timeProvider">Bounds the waiting for an answer.</param>
internal sealed class OwnSlots(FollowedServer server, TimeProvider timeProvider) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private RedisConnection? _connection;

    /// <summary>Asks.</summary>
    /// <returns>The slots that it has; null where it cannot be asked, is a primary no more, or gives slots away or gets some.</returns>
    public async Task<SlotSet?> AskAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            _connection ??= await server.ConnectAsync(both.Token).ConfigureAwait(false);
            var reply = await _connection.ExecuteAsync(both.Token, "CLUSTER", "NODES").ConfigureAwait(false);
            var node = ClusterNodesText.Parse(reply.Text, _connection.Endpoint).SingleOrDefault(node => node.IsMyself);
            if (node is { IsPrimary: true, Leaving: [], Coming: [] })
                return new SlotSet(node.Slots.SelectMany(range => Enumerable.Range(range.First, range.Count)));
        }
        catch (FormatException exception)
        {
            throw new ClusterUnreadableException(_connection!.Endpoint, exception);
        }
        catch (ConnectionException exception) when (exception.IsTransient)
        {
            // It is away.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It takes too long.
        }

        // Whoever is in charge by then is asked next.
        await DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync().ConfigureAwait(false);
        _connection = null;
    }
}
