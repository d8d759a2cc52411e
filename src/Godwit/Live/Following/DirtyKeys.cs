using Godwit.Live.Lanes;

namespace Godwit.Live.Following;

/// <summary>
/// The keys that have changed at the source and were not read again since: each once, however often it changes, oldest first.
/// Bounded in bytes: what would go beyond leaves the doubt that anything may have changed. Safe for use from any thread.
/// </summary>
/// <param name="maxBytes">Bytes that the names may take, as far as can be reckoned.</param>
/// <param name="timeProvider">Tells how old an entry is.</param>
internal sealed class DirtyKeys(long maxBytes, TimeProvider timeProvider)
{
    /// <summary>Stands for the database of a key of which only the name is known.</summary>
    public const int AnyDatabase = -1;

    // A place in the set and one in the queue, and a string's head.
    private const int BytesBesideName = 120;

    private readonly Lock _lock = new();
    private readonly HashSet<DatabaseKey> _keys = [];
    private readonly Queue<Waiting> _queue = [];
    private TaskCompletionSource _changed = NewSignal();
    private Doubt _doubt;
    private string _why = "";
    private long _bytes;
    private long _added;
    private long _givenBackAt;

    /// <summary>Names that were told in all, each time they were.</summary>
    public long Told => Volatile.Read(ref _told);

    private long _told;

    /// <summary>Keys that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _keys.Count;
        }
    }

    /// <summary>A number that grows with each key that begins to wait, or to wait anew.</summary>
    public long Added
    {
        get
        {
            lock (_lock)
                return _added;
        }
    }

    /// <summary>When the oldest that waits has come, as a timestamp of the clock; null where none waits.</summary>
    public long? OldestSince
    {
        get
        {
            lock (_lock)
                return _queue.TryPeek(out var oldest) ? oldest.Since : null;
        }
    }

    /// <summary>Ends when something was added behind the moment of the call.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }

    /// <summary>A key has changed.</summary>
    public void Add(DatabaseKey key)
    {
        lock (_lock)
        {
            _told++;

            // Where anything may have changed all keys are going to be read.
            if (_doubt == Doubt.Anything || !_keys.Add(key))
                return;

            _added++;
            _bytes += BytesOf(key);
            _queue.Enqueue(new Waiting(key, _added, timeProvider.GetTimestamp()));
            if (_bytes > maxBytes)
                Raise(Doubt.Anything, "more keys have changed than --max-memory has room for the names of");
            Signal();
        }
    }

    /// <summary>
    /// A key that was taken could not be read or written. It waits anew, behind all others, but it has not changed anew: what was
    /// asked while it was on its way must not count it as done.
    /// </summary>
    public void GiveBack(DatabaseKey key)
    {
        lock (_lock)
        {
            Add(key);
            _givenBackAt = ++_added;
        }
    }

    /// <summary>More has changed than was told.</summary>
    /// <param name="doubt">What it may be.</param>
    /// <param name="why">The reason, for the log.</param>
    public void Raise(Doubt doubt, string why)
    {
        lock (_lock)
        {
            if (doubt <= _doubt)
                return;

            (_doubt, _why) = (doubt, why);
            if (doubt == Doubt.Anything)
                Clear();
            Signal();
        }
    }

    /// <summary>
    /// Takes the doubt: from here on a new one may come up. Whoever takes it looks at all that it is about, and reads the source
    /// only after this.
    /// </summary>
    public Doubt TakeDoubt(out string why)
    {
        lock (_lock)
        {
            (var doubt, why) = (_doubt, _why);
            _doubt = Doubt.None;
            return doubt;
        }
    }

    /// <summary>Takes the oldest keys. What changes after this waits anew.</summary>
    public DatabaseKey[] Take(int most)
    {
        lock (_lock)
        {
            var taken = new DatabaseKey[Math.Min(most, _queue.Count)];
            for (var i = 0; i < taken.Length; i++)
            {
                taken[i] = _queue.Dequeue().Key;
                _keys.Remove(taken[i]);
                _bytes -= BytesOf(taken[i]);
            }

            return taken;
        }
    }

    /// <summary>
    /// True if nothing waits that had come when <see cref="Added"/> was this, and there is no doubt. False for what it was before a
    /// key was given back, which may have come by then.
    /// </summary>
    public bool IsDoneUpTo(long added)
    {
        lock (_lock)
        {
            return _doubt == Doubt.None
                && added >= _givenBackAt
                && (!_queue.TryPeek(out var oldest) || oldest.Number > added);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static long BytesOf(DatabaseKey key) => BytesBesideName + (sizeof(char) * (long)key.Name.Length);

    private void Clear()
    {
        _keys.Clear();
        _queue.Clear();
        _keys.TrimExcess();
        _queue.TrimExcess();
        _bytes = 0;
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private readonly record struct Waiting(DatabaseKey Key, long Number, long Since);
}
