using Godwit.Connections;
using Godwit.Live.Lanes;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>
/// Reads keys at the source and makes the target's the same, or deletes them there where they have gone. One call after the
/// other, so that no older state of a key is written behind a newer one. Connects anew where one of the two was gone.
/// </summary>
/// <param name="ends">Both ends.</param>
/// <param name="account">Takes the keys that cannot be written. It is no part of the copy's: a key may come many times.</param>
internal sealed class KeyCopier(FollowingEnds ends, Account account) : IAsyncDisposable
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    // Long enough for a restart or a fail-over.
    private static readonly TimeSpan PatienceWithTarget = TimeSpan.FromSeconds(60);

    private SourceKeys? _source;
    private RedisConnection? _target;
    private StateWriter? _writer;
    private long? _averagePayload;
    private string? _targetRun = ends.Ends.Target.Info.RunId;
    private long _applied;

    /// <summary>Keys that were written or deleted. From any thread.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>How often the target was found to be another run of the server than before.</summary>
    public int TargetRestarts { get; private set; }

    /// <summary>Keys that one call should be given.</summary>
    public int RoundLength => SourceKeys.RoundLength(_averagePayload);

    /// <summary>Makes the keys the same at the target.</summary>
    /// <exception cref="GodwitException">One of the two refuses, or the target stays away.</exception>
    public Task CopyAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken) =>
        UntilDoneAsync(token => TryCopyAsync(keys, token), cancellationToken);

    /// <summary>Does something with the connection to the target, between the keys.</summary>
    /// <exception cref="GodwitException">The target refuses, or stays away.</exception>
    public async Task RunAsync(LaneErrand errand, CancellationToken cancellationToken)
    {
        try
        {
            await UntilDoneAsync(
                    async token =>
                    {
                        await ConnectAsync(token).ConfigureAwait(false);
                        _writer!.ForgetDatabase();
                        await errand.RunAsync(_target!, token).ConfigureAwait(false);
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
                await new FunctionCopy(_source!.Connection, _target!, _writer!, account)
                    .RunAsync(mayDelete, token)
                    .ConfigureAwait(false);
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync().ConfigureAwait(false);
        if (_target is not null)
            await _target.DisposeAsync().ConfigureAwait(false);
        _source = null;
        _target = null;
        _writer = null;
    }

    private async Task UntilDoneAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        long? waitingSince = null;
        while (true)
        {
            try
            {
                await work(cancellationToken).ConfigureAwait(false);
                _target?.Settle();
                return;
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
                    !Passing.IsOf(exception, ends.Ends.SourceServer)
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
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _source ??= await SourceKeys.OpenAsync(ends, account, cancellationToken).ConfigureAwait(false);
        if (_target is not null)
            return;

        _target = await ends.ConnectTargetAsync(cancellationToken).ConfigureAwait(false);
        var info = await ServerInfo.AskAsync(_target, cancellationToken).ConfigureAwait(false);
        if (info.RunId != _targetRun)
            TargetRestarts++;
        _targetRun = info.RunId;
        _writer = new StateWriter(_target, ends.Ends.Profile, ends.Options.Write, ends.TimeProvider);
    }

    private async Task TryCopyAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var byName = keys.Where(key => key.Database == DirtyKeys.AnyDatabase).Select(key => key.ToBytes()).ToArray();

        // Asked behind the telling of the names: a database that a name is of holds keys by now, or holds none any more.
        if (byName.Length > 0)
            await ends.Databases.AskAsync(_source!.Connection, cancellationToken).ConfigureAwait(false);
        var told = keys.Where(key => key.Database != DirtyKeys.AnyDatabase)
            .GroupBy(key => key.Database)
            .ToDictionary(group => group.Key, group => group.Select(key => key.ToBytes()).ToArray());
        ends.Databases.Add(told.Keys);
        foreach (var database in byName.Length > 0 ? ends.Databases.Known.Union(told.Keys) : told.Keys)
        {
            byte[][] names = [.. told.GetValueOrDefault(database, []), .. byName];
            await CopyAsync(database, names, cancellationToken).ConfigureAwait(false);
        }

        Interlocked.Add(ref _applied, keys.Count);
    }

    private async Task CopyAsync(int database, byte[][] names, CancellationToken cancellationToken)
    {
        await _source!.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var round = await _source.SortBySizeAsync(names, cancellationToken).ConfigureAwait(false);
        await _source.AskAsync(round.Small, cancellationToken).ConfigureAwait(false);
        var atTarget = ends.Databases.AtTarget(database);
        var batches = _source.Dumper.ReadAsync(database, round.Small, cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            using (batch)
            {
                batch.Account = account;
                account.Take(batch.Count);
                ends.Streams.Learn(batch);
                ends.Expiries.Apply(batch);
                await _writer!.WriteAsync(atTarget, batch, cancellationToken).ConfigureAwait(false);
            }
        }

        _averagePayload = _source.Dumper.AveragePayload ?? _averagePayload;
        await _writer!.DeleteAsync(atTarget, _source.Dumper.Vanished, cancellationToken).ConfigureAwait(false);
        ends.Streams.Remove(database, _source.Dumper.Vanished);
        foreach (var (key, reason) in _source.Dumper.Forbidden)
            account.FailUnread(database, key, reason);
        foreach (var key in round.Large)
            await CopyLargeAsync(database, key, cancellationToken).ConfigureAwait(false);
    }

    // If it has gone by now, then that is told too.
    private async Task CopyLargeAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        var target = await ends.OpenTargetAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = target.ConfigureAwait(false);
        await foreach (var batch in _source!.Large!.ReadAsync(database, key, cancellationToken).ConfigureAwait(false))
        {
            batch.Account = account;
            account.Take(batch.Count);
            ends.Expiries.Apply(batch);
            await target.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        await target.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }
}
