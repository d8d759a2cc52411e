using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// Entries that came back from a server, until they are sent again. Others of their slots wait behind them, so that what a source
/// gave later is not written earlier. Safe for use from any thread.
/// </summary>
internal sealed class ReturnQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly int[] _held = new int[HashSlot.Count];
    private readonly SemaphoreSlim _signal = new(0);
    private Queue<Consignment> _waiting = new();
    private int _heldInAll;

    /// <summary>Entries of some slot wait, or are on their way again.</summary>
    public bool HoldsAny => Volatile.Read(ref _heldInAll) > 0;

    /// <summary>Entries of this slot wait, or are on their way again.</summary>
    public bool Holds(int slot) => Volatile.Read(ref _held[slot]) > 0;

    /// <summary>Adds what came back.</summary>
    public void Add(Consignment consignment)
    {
        Count(consignment, 1);
        lock (_lock)
            _waiting.Enqueue(consignment);
        _signal.Release();
    }

    /// <summary>A part of what was taken goes its own way from here on.</summary>
    public void Hold(Consignment consignment) => Count(consignment, 1);

    /// <summary>What was taken and sent again has arrived, or is about to be added once more.</summary>
    public void Release(Consignment consignment) => Count(consignment, -1);

    /// <summary>Waits for entries, and takes all that are there.</summary>
    public async Task<Queue<Consignment>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _signal.WaitAsync(cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                if (_waiting.Count == 0)
                    continue;
                var taken = _waiting;
                _waiting = new Queue<Consignment>();
                return taken;
            }
        }
    }

    /// <summary>Disposes of all that wait.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var consignment))
                consignment.Batch.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        _signal.Dispose();
    }

    private void Count(Consignment consignment, int change)
    {
        foreach (ref readonly var entry in consignment.Batch.Entries)
            Interlocked.Add(ref _held[HashSlot.Of(consignment.Batch.Key(entry))], change);
        Interlocked.Add(ref _heldInAll, change * consignment.Batch.Count);
    }
}
