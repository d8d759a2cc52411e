using Godwit.Endpoints;

namespace Godwit.Connections.Topology;

/// <summary>
/// Who holds what behind one URI: a single server, a cluster, or the primary that Sentinel names. It is asked once, and again
/// whenever somebody has seen that its map is out of date. Safe for use from any thread.
/// </summary>
internal abstract class ServerTopology : IAsyncDisposable
{
    /// <summary>For questions that another server can answer too.</summary>
    protected static readonly ConnectionOptions Quick = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        ReplyTimeout = TimeSpan.FromSeconds(5),
    };

    private readonly SemaphoreSlim _turn = new(1);
    private volatile ShardMap _map;

    /// <summary>Begins with the map that was found first.</summary>
    protected ServerTopology(ShardMap map) => _map = map;

    /// <summary>True for a cluster: keys are spread over slots, and commands may be redirected.</summary>
    public virtual bool IsCluster => false;

    /// <summary>True where another server may take a primary's place while we run.</summary>
    public virtual bool CanFailOver => IsCluster;

    /// <summary>The newest map.</summary>
    public ShardMap Map => _map;

    /// <summary>What the user named.</summary>
    public abstract Endpoint Named { get; }

    /// <summary>
    /// A map that is newer than the one that was found wrong. Of many callers at a time one asks, and all get what it found.
    /// It may be equal in content: then the servers have not agreed yet, and it is the caller's to wait before the next try.
    /// </summary>
    /// <param name="seenVersion">Version of the map that was found wrong.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="ConnectionException">Nobody can be reached who would know.</exception>
    public async Task<ShardMap> RenewAsync(long seenVersion, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_map.Version <= seenVersion)
                _map = await AskAsync(_map, cancellationToken).ConfigureAwait(false);
            return _map;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Asks for a map with a greater version.</summary>
    protected abstract Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken);
}
