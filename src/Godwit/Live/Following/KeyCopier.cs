using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live.Lanes;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Live.Following;

/// <summary>
/// Reads keys at the source and makes the target's the same, or deletes them there where they have gone. One call after the
/// other, so that no older state of a key is written behind a newer one. Connects anew where one of the two was gone.
/// </summary>
/// <param name="ends">Both ends.</param>
/// <param name="dirty">Takes keys back that could not be read or written where they were looked for.</param>
/// <param name="openAccount">
/// Opens an account for the keys that cannot be written. It is no part of the copy's: a key may come many times.
/// </param>
internal sealed class KeyCopier(FollowingEnds ends, DirtyKeys dirty, Func<ISecondLook, Account> openAccount)
    : ISecondLook,
        IAsyncDisposable
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    // Long enough for a restart or a fail-over.
    private static readonly TimeSpan PatienceWithTarget = TimeSpan.FromSeconds(60);

    private Account? _account;
    private SourceNodes? _source;
    private TargetStates? _target;
    private long? _averagePayload;
    private string? _targetRun = ends.Ends.Target.Info.RunId;
    private bool _hasGivenBack;
    private long _applied;

    /// <summary>Keys that were written or deleted. From any thread.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>How often the target was found to have lost what it may have confirmed.</summary>
    public int TargetLosses { get; private set; }

    /// <summary>Keys that one call should be given.</summary>
    public int RoundLength => SourceKeys.RoundLength(_averagePayload);

    /// <summary>Makes the keys the same at the target.</summary>
    /// <exception cref="GodwitException">One of the two refuses, or the target stays away.</exception>
    public async Task CopyAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken)
    {
        await UntilDoneAsync(token => TryCopyAsync(keys, token), cancellationToken).ConfigureAwait(false);
        if (!_hasGivenBack)
            return;

        // They are elsewhere, or on their way there: whoever has them is to be found first.
        _hasGivenBack = false;
        await Task.Delay(RetryEvery, ends.TimeProvider, cancellationToken).ConfigureAwait(false);
        await RenewAsync(ends.Servers.Topology, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Does something at one of the target's servers, between the keys. Where another has taken its place the errand is cancelled.
    /// </summary>
    /// <exception cref="GodwitException">The target refuses, or stays away.</exception>
    public async Task RunAsync(LaneErrand errand, RedisEndpoint server, CancellationToken cancellationToken)
    {
        try
        {
            await UntilDoneAsync(
                    async token =>
                    {
                        var map = ends.Ends.Target.Topology.Map;
                        if (!map.Shards.Any(shard => shard.Primary.Address == server.Address))
                        {
                            errand.Fail(new OperationCanceledException());
                            return;
                        }

                        await ConnectAsync(token).ConfigureAwait(false);
                        await _target!.RunAsync(errand, server, token).ConfigureAwait(false);
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
            errand.SetDone();
        }
        catch (Exception exception)
        {
            errand.Fail(exception);
            throw;
        }
    }

    /// <summary>Makes the function libraries the same.</summary>
    /// <param name="mayDelete">Those that the target has alone are deleted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="GodwitException">One of the two refuses, or the target stays away.</exception>
    public Task CopyFunctionsAsync(bool mayDelete, CancellationToken cancellationToken) =>
        UntilDoneAsync(
            async token =>
            {
                await ConnectAsync(token).ConfigureAwait(false);
                var source = await _source!.FirstAsync(token).ConfigureAwait(false);
                await _target!
                    .AtEachAsync(
                        target =>
                            new FunctionCopy(source.Connection, target, ends.WriterTo(target), _account!).RunAsync(
                                mayDelete,
                                token
                            ),
                        token
                    )
                    .ConfigureAwait(false);
            },
            cancellationToken
        );

    /// <summary>Closes its connections. Others are made when there is something to do, to whoever is in charge by then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync().ConfigureAwait(false);
        if (_target is not null)
            await _target.DisposeAsync().ConfigureAwait(false);
        (_source, _target, _account) = (null, null, null);
    }

    /// <summary>A large value broke off on its way to the target: it is read again.</summary>
    bool ISecondLook.TryAdd(int database, ReadOnlySpan<byte> key)
    {
        GiveBack(database, key.ToArray());
        return true;
    }

    private void GiveBack(int database, byte[] key)
    {
        dirty.GiveBack(DatabaseKey.Of(database, key));
        _hasGivenBack = true;
    }

    private async Task UntilDoneAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        long? waitingSince = null;
        while (true)
        {
            try
            {
                await work(cancellationToken).ConfigureAwait(false);
                _target?.Rest();
                return;
            }
            catch (SettledKeysLostException exception)
            {
                TargetLosses++;
                await DisposeAsync().ConfigureAwait(false);
                ends.Log.Warn($"{exception.Message}.");
            }
            catch (GodwitException exception) when (Passing.IsOf(exception))
            {
                // What was on its way is done again from its beginning: a state is written, not a change.
                await DisposeAsync().ConfigureAwait(false);
                if (waitingSince is null)
                    ends.Log.Warn($"{exception.Message}. Trying again.");
                waitingSince ??= ends.TimeProvider.GetTimestamp();

                // A source that is away has no changes either.
                if (
                    !ends.IsOfSource(exception)
                    && ends.TimeProvider.GetElapsedTime(waitingSince.Value) > PatienceWithTarget
                )
                {
                    throw;
                }
            }
            catch
            {
                await DisposeAsync().ConfigureAwait(false);
                throw;
            }

            await Task.Delay(RetryEvery, ends.TimeProvider, cancellationToken).ConfigureAwait(false);
            await RenewAsync(ends.Servers.Topology, cancellationToken).ConfigureAwait(false);
            await RenewAsync(ends.Ends.Target.Topology, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task RenewAsync(ServerTopology topology, CancellationToken cancellationToken)
    {
        if (!topology.CanFailOver)
            return;

        try
        {
            await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException)
        {
            // Nobody can be asked just now: it is tried again with what is known.
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _account ??= openAccount(this);
        _source ??= new SourceNodes(ends, _account, GiveBack);
        if (_target is not null)
            return;

        var topology = ends.Ends.Target.Topology;
        if (topology.CanFailOver)
        {
            _target = new ShardedTargetStates(ends.Targets, topology, _account);
            return;
        }

        var connection = await ends.ConnectTargetAsync(cancellationToken).ConfigureAwait(false);
        _target = new SingleTargetStates(connection, ends.WriterTo(connection));
        var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        if (info.RunId != _targetRun)
            TargetLosses++;
        _targetRun = info.RunId;
    }

    private async Task TryCopyAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var byName = keys.Where(key => key.Database == DirtyKeys.AnyDatabase).Select(key => key.ToBytes()).ToArray();

        // Asked behind the telling of the names: a database that a name is of holds keys by now, or holds none any more.
        foreach (var node in byName.Length > 0 ? await _source!.AllAsync(cancellationToken).ConfigureAwait(false) : [])
            await ends.Databases.AskAsync(node.Connection, cancellationToken).ConfigureAwait(false);
        var told = keys.Where(key => key.Database != DirtyKeys.AnyDatabase)
            .GroupBy(key => key.Database)
            .ToDictionary(group => group.Key, group => group.Select(key => key.ToBytes()).ToArray());
        ends.Databases.Add(told.Keys);
        foreach (var database in byName.Length > 0 ? ends.Databases.Known.Union(told.Keys) : told.Keys)
        {
            byte[][] names = [.. told.GetValueOrDefault(database, []), .. byName];
            foreach (var (server, part) in _source!.Sort(names))
            {
                if (server is null)
                    Array.ForEach(part, key => GiveBack(database, key));
                else
                    await CopyAsync(server, database, part, cancellationToken).ConfigureAwait(false);
            }
        }

        Interlocked.Add(ref _applied, keys.Count);
    }

    private async Task CopyAsync(
        RedisEndpoint server,
        int database,
        byte[][] names,
        CancellationToken cancellationToken
    )
    {
        var source = await _source!.AtAsync(server, cancellationToken).ConfigureAwait(false);
        var round = await source.SortBySizeAsync(database, names, cancellationToken).ConfigureAwait(false);
        await CopySmallAsync(source, database, round.Small, cancellationToken).ConfigureAwait(false);
        _averagePayload = source.Dumper.AveragePayload ?? _averagePayload;
        foreach (var there in SentOn(source, database))
        {
            // Not kept: it goes as soon as the slot has come.
            var asked = await SourceKeys
                .OpenAsync(ends, there.Key, isAsking: true, _account!, GiveBack, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = asked.ConfigureAwait(false);
            await CopySmallAsync(asked, database, [.. there], cancellationToken).ConfigureAwait(false);
            foreach (var (key, _) in asked.Dumper.Elsewhere)
                GiveBack(database, key);
        }

        foreach (var key in round.Large)
            await CopyLargeAsync(source, database, key, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopySmallAsync(
        SourceKeys source,
        int database,
        byte[][] names,
        CancellationToken cancellationToken
    )
    {
        await source.AskAsync(database, names, cancellationToken).ConfigureAwait(false);
        var atTarget = ends.Databases.AtTarget(database);
        await foreach (var batch in source.Dumper.ReadAsync(database, names, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                batch.Account = _account!;
                _account!.Take(batch.Count);
                ends.Streams.Learn(batch);
                ends.Expiries.Apply(batch);
                await _target!.WriteAsync(atTarget, batch, cancellationToken).ConfigureAwait(false);
            }
        }

        await _target!.SettleAsync(cancellationToken).ConfigureAwait(false);
        await _target.DeleteAsync(atTarget, source.Dumper.Vanished, cancellationToken).ConfigureAwait(false);
        ends.Streams.Remove(database, source.Dumper.Vanished);
        foreach (var (key, reason) in source.Dumper.Forbidden)
            _account!.FailUnread(database, key, reason);
    }

    // A slot that moves: who is to have it gives its keys to who says ASKING. Of one that has moved the map is to be asked for anew.
    private IGrouping<RedisEndpoint, byte[]>[] SentOn(SourceKeys source, int database)
    {
        var sentOn = new List<(RedisEndpoint Node, byte[] Key)>();
        foreach (var (key, error) in source.Dumper.Elsewhere)
        {
            var redirection = Redirection.TryParse(error, source.Connection.Endpoint);
            if (redirection is { IsAsk: true, Node: var node } && ends.Rights.HasExpireTime)
                sentOn.Add((node, key));
            else
                GiveBack(database, key);
        }

        return [.. sentOn.GroupBy(key => key.Node, key => key.Key)];
    }

    // If it has gone by now, then that is told too.
    private async Task CopyLargeAsync(SourceKeys source, int database, byte[] key, CancellationToken cancellationToken)
    {
        var target = await ends.Targets.OpenAsync(OnExisting.Replace, cancellationToken).ConfigureAwait(false);
        await using var closing = target.ConfigureAwait(false);
        await foreach (var batch in source.Large!.ReadAsync(database, key, cancellationToken).ConfigureAwait(false))
        {
            batch.Account = _account!;
            _account!.Take(batch.Count);
            ends.Expiries.Apply(batch);
            await target.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        await target.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }
}
