using Godwit.Endpoints;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>The servers of a <see cref="ShardedView"/>, each connected to when it is first needed. For use by several tasks. Owns them.</summary>
/// <param name="open">Connects to one.</param>
internal sealed class ShardViews(Func<RedisEndpoint, CancellationToken, Task<ServerView>> open) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, ServerView> _views = new(StringComparer.Ordinal);
    private readonly List<ServerView> _all = [];

    /// <summary>Bytes that came from all of them. May be read from any thread.</summary>
    public long BytesRead
    {
        get
        {
            lock (_all)
                return _all.Sum(view => view.BytesRead);
        }
    }

    /// <summary>The one at an address.</summary>
    /// <exception cref="Connections.ConnectionException">It cannot be reached.</exception>
    public async ValueTask<ServerView> AtAsync(RedisEndpoint node, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_views.TryGetValue(node.Address, out var view))
                return view;

            view = await open(node, cancellationToken).ConfigureAwait(false);
            _views.Add(node.Address, view);
            lock (_all)
                _all.Add(view);
            return view;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Its connections have broken: whoever asks next connects anew. What waits for it gets no more.</summary>
    public async ValueTask LoseAsync(RedisEndpoint node)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _views.Remove(node.Address);
        _turn.Release();
    }

    /// <inheritdoc cref="LoseAsync(RedisEndpoint)"/>
    public async ValueTask LoseAsync(ServerView view)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        foreach (var (address, _) in _views.Where(one => one.Value == view).ToArray())
            _views.Remove(address);
        _turn.Release();
    }

    /// <summary>True if <see cref="LoseAsync(ServerView)"/> was called for it.</summary>
    public bool IsLost(ServerView view)
    {
        _turn.Wait();
        try
        {
            return !_views.ContainsValue(view);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>True of a server that was connected to, lost or not.</summary>
    public bool Knows(RedisEndpoint node)
    {
        lock (_all)
            return _all.Exists(view => view.Uri == node.ToString());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var view in _all)
            await view.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
    }
}
