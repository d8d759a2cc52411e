using System.Numerics;

namespace Godwit.Batches;

/// <summary>
/// The buffers that entries travel in, bounded in bytes: whoever wants one waits until others have come back. Safe for use from
/// any thread.
/// </summary>
/// <param name="limit">Bytes of all buffers together, those that lie ready for use among them.</param>
internal sealed class BufferBudget(long limit)
{
    // A collection takes some milliseconds; so much memory is worth them.
    private const long WorthCollecting = 16 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<byte[]>> _free = [];
    private TaskCompletionSource _returned = NewSignal();
    private long _used;
    private long _freeBytes;
    private long _dropped;

    /// <summary>Bytes of the buffers that are in use.</summary>
    public long Used
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    /// <summary>
    /// Bounds of their own for so many users, each an equal part of this one's, which is to be used no more: who shared one
    /// bound could wait for each other without end, each with the half of a value that takes all the rest.
    /// </summary>
    public IReadOnlyList<BufferBudget> Split(int users) =>
        [.. Enumerable.Range(0, users).Select(_ => new BufferBudget(limit / users))];

    /// <summary>Bytes of all buffers together at most.</summary>
    public long Limit => limit;

    /// <summary>Gives a buffer, once there is room for it. Its content is undefined.</summary>
    /// <param name="length">Its least length, 0 and up; it has the next power of two, or somewhat less for the largest.</param>
    /// <param name="held">
    /// Bytes of buffers that the caller holds and will not give back before it has this one. It need not wait where nobody
    /// else holds any: the bound then gives way to a single value that is larger.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask<byte[]> RentAsync(int length, long held, CancellationToken cancellationToken)
    {
        var size = SizeFor(length);
        while (true)
        {
            Task returned;
            lock (_lock)
            {
                if (_used + size <= limit || _used <= held)
                    return Take(size);
                returned = _returned.Task;
            }

            await returned.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes a buffer back.</summary>
    public void Return(byte[] buffer)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            _used -= buffer.Length;
            if (_used + _freeBytes + buffer.Length <= limit)
            {
                if (!_free.TryGetValue(buffer.Length, out var stack))
                    _free.Add(buffer.Length, stack = new Stack<byte[]>());
                stack.Push(buffer);
                _freeBytes += buffer.Length;
            }
            else
            {
                _dropped += buffer.Length;
            }

            waiting = _returned;
            _returned = NewSignal();
        }

        waiting.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static int SizeFor(int length) =>
        length > Array.MaxLength / 2
            ? Array.MaxLength
            : (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, EntryBatch.DefaultBufferSize));

    private byte[] Take(int size)
    {
        _used += size;
        if (_free.TryGetValue(size, out var stack) && stack.TryPop(out var buffer))
        {
            _freeBytes -= size;
            return buffer;
        }

        // What lies ready counts too, and gives way.
        foreach (var ready in _free.Values)
        {
            while (_used + _freeBytes > limit && ready.TryPop(out var unused))
            {
                _freeBytes -= unused.Length;
                _dropped += unused.Length;
            }
        }

        // The runtime collects large arrays late, since it does not know our bound.
        if (_dropped > Math.Max(limit / 4, WorthCollecting))
        {
            _dropped = 0;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }
}
