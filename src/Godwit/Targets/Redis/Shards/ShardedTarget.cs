using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Godwit.Batches;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// A target whose servers may take each other's place: a cluster, or the primary that Sentinel names. Each key goes to the server
/// that owns its slot, over a <see cref="ShardLane"/>. What a server did not take, or may have lost, comes back and is sent again
/// to whoever owns the slot by then. All that was given is settled when <see cref="CompleteAsync"/> returns.
/// </summary>
internal sealed class ShardedTarget : EntryTarget, ILaneOwner
{
    private static readonly TimeSpan SettlingPause = TimeSpan.FromMilliseconds(10);

    private readonly LaneSettings _settings;
    private readonly NodeErrand _errand;
    private readonly LibraryLoader _libraries;
    private readonly ReturnRoute _returns;
    private readonly ReturnQueue _queue = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Address, bool IsAsking, int Number), ShardLane> _lanes = [];
    private readonly HashSet<string> _troubled = new(StringComparer.Ordinal);
    private readonly List<ShardLane> _all = [];
    private readonly List<Task> _errands = [];
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _server;
    private readonly Task _returning;
    private ExceptionDispatchInfo? _failure;

    // What is on its way, and one for whoever may still give more.
    private long _outstanding = 1;

    /// <summary>Creates the target. Nothing is written and no connection made before there is something to write.</summary>
    /// <param name="settings">What lanes share.</param>
    /// <param name="server">What it is, for the report.</param>
    /// <param name="log">Is told what is waited for.</param>
    public ShardedTarget(LaneSettings settings, string server, IMigrationLog log)
    {
        _settings = settings;
        _server = server;
        _errand = new NodeErrand(
            settings.Topology,
            settings.Options.Connection,
            settings.Options.Patience,
            settings.TimeProvider
        );
        _libraries = new LibraryLoader(settings, _errand);
        _returns = new ReturnRoute(settings, log);
        _returning = Task.Run(SendAgainAsync);
    }

    /// <inheritdoc/>
    public override TargetReport Report =>
        new(_settings.Topology.Named.ToString()!, _server, _settings.Options.Ways.Describe(_settings.Options.Write));

    /// <inheritdoc/>
    public override long BytesWritten
    {
        get
        {
            lock (_lock)
                return _all.Sum(lane => lane.BytesWritten);
        }
    }

    /// <inheritdoc/>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        using (batch)
        {
            _failure?.Throw();
            foreach (var (lane, indexes) in Sort(batch))
            {
                if (lane.IsFunctions)
                {
                    foreach (var index in indexes)
                        await _libraries.LoadAsync(batch, index, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var consignment = new Consignment(Take(batch, indexes));
                Interlocked.Increment(ref _outstanding);
                if (lane.Node is null)
                    Hold(consignment);
                else
                    await SendAsync(consignment, lane, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override async Task SettleAsync(Func<bool> isSettled, CancellationToken cancellationToken)
    {
        while (!isSettled())
        {
            _failure?.Throw();
            await Task.Delay(SettlingPause, _settings.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        // What is read again may be built under the same names.
        Task[] removals;
        lock (_lock)
            removals = [.. _errands];
        await Task.WhenAll(removals).WaitAsync(cancellationToken).ConfigureAwait(false);
        _failure?.Throw();
    }

    /// <inheritdoc/>
    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        Done();
        await _idle.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        Task[] running;
        lock (_lock)
        {
            running = [.. _all.Select(lane => lane.DisposeAsync().AsTask()), .. _errands];
        }

        await Task.WhenAll(running).WaitAsync(cancellationToken).ConfigureAwait(false);
        _failure?.Throw();
        await new LastCheck(_settings, _errand).RunAsync(cancellationToken).ConfigureAwait(false);
        await _libraries.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_lock)
        {
            running = [.. _all.Select(lane => lane.DisposeAsync().AsTask()), .. _errands, _returning];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        _queue.Dispose();
        _stop.Dispose();
    }

    void ILaneOwner.Return(Consignment consignment)
    {
        Interlocked.Increment(ref _outstanding);
        if (consignment.BackSince is null)
            _returns.Count(consignment);
        Hold(
            consignment with
            {
                BackSince = consignment.BackSince ?? _settings.TimeProvider.GetTimestamp(),
                Returns = consignment.Returns + 1,
            }
        );
    }

    void ILaneOwner.Finish(Consignment consignment)
    {
        if (consignment.BackSince is not null)
            _queue.Release(consignment);
        consignment.Batch.Dispose();
        Done();
    }

    void ILaneOwner.RemoveGuard(int database, byte[] guard)
    {
        lock (_lock)
            _errands.Add(RemoveAsync());

        async Task RemoveAsync()
        {
            try
            {
                await _errand.RemoveAsync(database, guard, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The run is over. The target removes the name by itself, within a day.
            }
            catch (GodwitException exception)
            {
                Fail(exception);
            }
        }
    }

    void ILaneOwner.Report(ShardLane lane, Detour? trouble)
    {
        lock (_lock)
        {
            if (trouble is null)
                _troubled.Remove(lane.Node.Address);
            else
                _troubled.Add(lane.Node.Address);
        }
    }

    /// <inheritdoc/>
    public void Fail(Exception exception)
    {
        Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        _queue.Clear();
        _idle.TrySetResult();
    }

    private static EntryBatch Take(EntryBatch batch, List<int> indexes)
    {
        if (indexes.Count < batch.Count)
            return batch.Part(CollectionsMarshal.AsSpan(indexes));
        batch.Hold();
        return batch;
    }

    // What waits for a server that is away takes no connection of its own.
    private Dictionary<LaneId, List<int>> Sort(EntryBatch batch)
    {
        var map = _settings.Topology.Map;
        var sorted = new Dictionary<LaneId, List<int>>();
        var slots = map.Shards.Count > 1 || _settings.Options.Connections > 1 || _queue.HoldsAny;
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var entry = ref batch.Entries[i];
            var lane =
                entry.Kind == EntryKind.Function ? LaneId.Functions
                : slots ? Route(map, HashSlot.Of(batch.Key(entry)))
                : Route(map, 0);
            if (!sorted.TryGetValue(lane, out var indexes))
                sorted.Add(lane, indexes = new List<int>(batch.Count));
            indexes.Add(i);
        }

        return sorted;
    }

    private LaneId Route(ShardMap map, int slot)
    {
        if (map.OwnerOf(slot) is not { } owner || _queue.Holds(slot))
            return LaneId.Nowhere;

        var node = map.Shards[owner].Primary;
        lock (_lock)
        {
            return _troubled.Count > 0 && _troubled.Contains(node.Address)
                ? LaneId.Nowhere
                : new LaneId(node, IsAsking: false, slot % _settings.Options.Connections);
        }
    }

    // After a failure nobody sends it any more, and the source may be waiting for its buffer.
    private void Hold(Consignment consignment)
    {
        _queue.Add(consignment with { BackSince = consignment.BackSince ?? _settings.TimeProvider.GetTimestamp() });
        if (HasFailed)
            _queue.Clear();
    }

    private async Task SendAsync(Consignment consignment, LaneId id, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                _failure?.Throw();
            } while (!await LaneOf(id).TryAddAsync(consignment, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            consignment.Batch.Dispose();
            throw;
        }
    }

    private ShardLane LaneOf(LaneId id)
    {
        lock (_lock)
        {
            var key = (id.Node!.Address, id.IsAsking, id.Number);
            if (_lanes.TryGetValue(key, out var lane) && !lane.HasEnded)
                return lane;

            lane = new ShardLane(id.Node, id.IsAsking, _settings, this);
            _lanes[key] = lane;
            _all.Add(lane);
            lane.Start(_stop.Token);
            return lane;
        }
    }

    private async Task SendAgainAsync()
    {
        Queue<Consignment> waiting = new();
        try
        {
            while (true)
            {
                waiting = await _queue.TakeAsync(_stop.Token).ConfigureAwait(false);
                var map = await _returns.PrepareAsync(waiting, _stop.Token).ConfigureAwait(false);
                for (; waiting.TryPeek(out var next); waiting.Dequeue())
                    await SendAgainAsync(next, map).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The target is being closed.
        }
#pragma warning disable CA1031 // It is thrown by whoever waits for the end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }

        while (waiting.TryDequeue(out var left))
            left.Batch.Dispose();
    }

    private async Task SendAgainAsync(Consignment consignment, ShardMap map)
    {
        if (_returns.TryGiveUp(consignment))
        {
            ((ILaneOwner)this).Finish(consignment);
            return;
        }

        var parts = new Dictionary<LaneId, List<int>>();
        for (var i = 0; i < consignment.Batch.Count; i++)
        {
            var slot = HashSlot.Of(consignment.Batch.Key(consignment.Batch.Entries[i]));
            var lane =
                consignment.Detour is { Kind: DetourKind.Ask, Node: { } asked } ? new LaneId(asked, IsAsking: true, 0)
                : map.OwnerOf(slot) is { } owner
                    ? new LaneId(map.Shards[owner].Primary, IsAsking: false, slot % _settings.Options.Connections)
                : LaneId.Nowhere;
            if (!parts.TryGetValue(lane, out var indexes))
                parts.Add(lane, indexes = []);
            indexes.Add(i);
        }

        foreach (var (lane, indexes) in parts)
        {
            var part = consignment with { Batch = Take(consignment.Batch, indexes) };
            Interlocked.Increment(ref _outstanding);
            if (lane.Node is null)
                _queue.Add(
                    part with
                    {
                        Detour = new Detour(DetourKind.Later, null, "nobody owns its slot"),
                        Returns = part.Returns + 1,
                    }
                );
            else
            {
                _queue.Hold(part);
                await SendAsync(part, lane, _stop.Token).ConfigureAwait(false);
            }
        }

        ((ILaneOwner)this).Finish(consignment);
    }

    private void Done()
    {
        if (Interlocked.Decrement(ref _outstanding) == 0)
            _idle.TrySetResult();
    }

    // Which lane, or none: for now nobody is to be asked, or it is for every server.
    private readonly record struct LaneId(RedisEndpoint? Node, bool IsAsking, int Number)
    {
        public static LaneId Nowhere { get; } = new(null, IsAsking: false, -1);

        public static LaneId Functions { get; } = new(null, IsAsking: false, -2);

        public bool IsFunctions => Number == -2;
    }
}
