using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>
/// Reaches the primaries of a <see cref="ShardedView"/>. Where one is lost, or a slot is on its way, it is waited for whoever takes its
/// place, but not for ever. For use by several tasks. Owns the topology.
/// </summary>
/// <param name="topology">Who holds what.</param>
/// <param name="open">Connects to a server.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ShardAccess(
    ServerTopology topology,
    Func<RedisEndpoint, CancellationToken, Task<ServerView>> open,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    // Longer than a failover takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly NodeErrand _errand = new(topology, new ConnectionOptions(), Patience, timeProvider);
    private readonly ShardViews _views = new(open);

    /// <summary>Who holds what.</summary>
    public ServerTopology Topology => topology;

    /// <summary>The newest map.</summary>
    public ShardMap Map => topology.Map;

    /// <summary>Bytes that came from all servers. May be read from any thread.</summary>
    public long BytesRead => _views.BytesRead;

    /// <summary>The same may work in a while, perhaps at another server.</summary>
    public static bool IsPassing(Exception exception) =>
        exception is ConnectionException { IsTransient: true } or ServerErrorException { SendsElsewhere: true };

    /// <summary>Asks one server. If that is lost, whoever asks it next connects anew.</summary>
    public async Task<T> AskAsync<T>(
        RedisEndpoint node,
        Func<ServerView, Task<T>> ask,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var view = await _views.AtAsync(node, cancellationToken).ConfigureAwait(false);
            return await ask(view).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsPassing(exception))
        {
            await _views.LoseAsync(node).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>As <see cref="AskAsync"/>; the default of what is asked for if the server is lost. The map is then a newer one.</summary>
    public async Task<T?> TryAskAsync<T>(
        RedisEndpoint node,
        Func<ServerView, Task<T>> ask,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await AskAsync(node, ask, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsPassing(exception))
        {
            await RenewAsync(cancellationToken).ConfigureAwait(false);
            return default;
        }
    }

    /// <summary>Asks the primary of every shard, all anew if one of them is lost meanwhile.</summary>
    /// <exception cref="GodwitException">One did not answer in time.</exception>
    public Task<IReadOnlyList<T>> AskEveryPrimaryAsync<T>(
        Func<ServerView, Task<T>> ask,
        CancellationToken cancellationToken
    ) =>
        RepeatAsync<IReadOnlyList<T>>(
            async map =>
            {
                var answers = new List<T>();
                foreach (var shard in map.Shards)
                    answers.Add(await AskAsync(shard.Primary, ask, cancellationToken).ConfigureAwait(false));
                return answers;
            },
            cancellationToken
        );

    /// <summary>Asks whoever has a key's slot.</summary>
    /// <exception cref="GodwitException">Nobody answered for it in time.</exception>
    public Task<T> AskOwnerAsync<T>(
        int database,
        byte[] key,
        Func<ServerView, Task<T>> ask,
        CancellationToken cancellationToken
    ) =>
        RepeatAsync(
            async map =>
            {
                int? owner;
                while ((owner = map.OwnerOf(key)) is null)
                {
                    // Returns when somebody owns the slot, or throws.
                    await ExecuteAsync(database, key, ["TYPE", key], cancellationToken).ConfigureAwait(false);
                    map = Map;
                }

                return await AskAsync(map.Shards[owner.Value].Primary, ask, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken
        );

    /// <summary>Runs one command about a key at whoever has it.</summary>
    /// <exception cref="GodwitException">Nobody answered for its slot in time, or the server refuses it.</exception>
    public Task<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    ) => _errand.ExecuteAsync(database, key, command, cancellationToken);

    /// <summary>Runs one command at every primary.</summary>
    /// <returns>The first error, if there is one; else the last reply.</returns>
    public async Task<RespValue> ExecuteEverywhereAsync(RespArgument[] command, CancellationToken cancellationToken)
    {
        RespValue? last = null;
        await _errand
            .AtEveryPrimaryAsync(
                async connection =>
                {
                    var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
                    last = last is { IsError: true } ? last : reply;
                    return null;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return last!;
    }

    /// <summary>Does something until it comes off, with a newer map each time.</summary>
    /// <exception cref="GodwitException">It failed for longer than it is waited for, or for good.</exception>
    public async Task<T> RepeatAsync<T>(Func<ShardMap, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var wait = NewWait();
        while (true)
        {
            GodwitException failure;
            try
            {
                return await attempt(Map).ConfigureAwait(false);
            }
            catch (GodwitException exception) when (IsPassing(exception))
            {
                failure = exception;
            }

            await wait.PauseAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Begins to wait for whoever takes the place of one who is lost.</summary>
    public ShardWait NewWait() => new(this, Patience, Pause, timeProvider);

    /// <summary>Has the map asked for anew, if anybody answers.</summary>
    public Task RenewAsync(CancellationToken cancellationToken) => _errand.RenewAsync(cancellationToken);

    /// <inheritdoc cref="ShardViews.LoseAsync(ServerView)"/>
    public ValueTask LoseAsync(ServerView view) => _views.LoseAsync(view);

    /// <inheritdoc cref="ShardViews.LoseAsync(RedisEndpoint)"/>
    public ValueTask LoseAsync(RedisEndpoint node) => _views.LoseAsync(node);

    /// <inheritdoc cref="ShardViews.IsLost"/>
    public bool IsLost(ServerView view) => _views.IsLost(view);

    /// <inheritdoc cref="ShardViews.Knows"/>
    public bool Knows(RedisEndpoint node) => _views.Knows(node);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _views.DisposeAsync().ConfigureAwait(false);
        await topology.DisposeAsync().ConfigureAwait(false);
    }
}
