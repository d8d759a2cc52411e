using System.Globalization;
using Godwit.Connections.Topology;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Sources.Shards;

/// <summary>
/// Watches, while shards are read, which slots change hands. Of such a slot a key may have been read at neither owner or at
/// both, so the slot is suspect, and is read again. Safe for use from any thread.
/// </summary>
/// <remarks>
/// A reader says itself when a server sends it elsewhere. The watch is for what a reader cannot see: a key that has left before
/// SCAN came by, and came to where SCAN had been.
/// </remarks>
internal sealed class SlotWatch(ServerTopology topology, IMigrationLog log, TimeProvider timeProvider)
    : ISecondLook,
        IAsyncDisposable
{
    // Moving even a small slot takes longer, as it is told to both owners and takes a round for its keys.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Each look is a question to each node: in large clusters they are further apart.
    private static readonly TimeSpan IntervalPerShard = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly bool[] _suspects = new bool[HashSlot.Count];
    private ShardMap _before = topology.Map;
    private Task _watching = Task.CompletedTask;

    /// <summary>All that are suspect now.</summary>
    public IEnumerable<int> Suspects() => Enumerable.Range(0, HashSlot.Count).Where(IsSuspect);

    /// <summary>True if what is read of this slot does not count.</summary>
    public bool IsSuspect(int slot) => Volatile.Read(ref _suspects[slot]);

    /// <summary>A reader found that the slot, or a key of it, is elsewhere.</summary>
    public void Suspect(int slot) => Volatile.Write(ref _suspects[slot], true);

    /// <summary>A shard could not be read to its end.</summary>
    public void Suspect(IEnumerable<int> slots)
    {
        foreach (var slot in slots)
            Suspect(slot);
    }

    /// <inheritdoc/>
    public bool TryAdd(int database, ReadOnlySpan<byte> key)
    {
        Suspect(HashSlot.Of(key));
        return true;
    }

    /// <summary>Begins to watch. What is moving already is suspect at once.</summary>
    public void Start()
    {
        Suspect(_before.MovingSlots);
        _watching = WatchAsync(_stop.Token);
    }

    /// <summary>
    /// Takes the suspects, of which none is left, and watches from this map on. A slot that is just moving is not suspect for
    /// that alone any more: who reads it next knows, and looks at both ends.
    /// </summary>
    public IReadOnlyList<int> Take(ShardMap from)
    {
        lock (_lock)
        {
            _before = from;
            var taken = Suspects().ToArray();
            Array.Clear(_suspects);
            return taken;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var wasAnswered = true;
        try
        {
            while (true)
            {
                var interval = IntervalPerShard * topology.Map.Shards.Count;
                await Task.Delay(interval > Interval ? interval : Interval, timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                try
                {
                    Compare(await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false));
                    wasAnswered = true;
                }
                catch (GodwitException exception)
                {
                    // Who reads will meet the same, and what changed meanwhile is seen by the next look.
                    if (wasAnswered)
                        log.Warn($"Nobody can be asked who holds what at {topology.Named}: {exception.Message}.");
                    wasAnswered = false;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The reading has ended.
        }
    }

    /// <summary>Looks at a newer map.</summary>
    public void Compare(ShardMap now)
    {
        lock (_lock)
        {
            if (now.Version <= _before.Version)
                return;

            var found = 0;
            for (var slot = 0; slot < HashSlot.Count; slot++)
            {
                if (!HasChanged(slot, now))
                    continue;
                if (!IsSuspect(slot))
                    found++;
                Suspect(slot);
            }

            if (found > 0 && topology.IsCluster)
            {
                log.Info(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{found} {(found == 1 ? "slot" : "slots")} of {topology.Named} changed hands while being read, and will be read again."
                    )
                );
            }

            _before = now;
        }
    }

    // An owner's epoch grows when it gets slots: without any it got some and gave them away again between two looks.
    private bool HasChanged(int slot, ShardMap now)
    {
        var (earlier, later) = (_before.OwnerOf(slot), now.OwnerOf(slot));
        if (earlier is null || later is null)
            return earlier != later;

        var (from, to) = (_before.Shards[earlier.Value], now.Shards[later.Value]);
        return from.Name != to.Name
            || from.Primary != to.Primary
            || _before.MovingSlots.Contains(slot) != now.MovingSlots.Contains(slot)
            || (from.ConfigEpoch != to.ConfigEpoch && HasAsBefore(from, to));
    }

    private static bool HasAsBefore(Shard from, Shard to) => from.Slots.SequenceEqual(to.Slots);
}
