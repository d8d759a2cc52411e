namespace Godwit.Live.Links;

/// <summary>
/// When the bytes of a stream came in, to within some milliseconds: what lag in time is told from. One task writes while one
/// reads.
/// </summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class ArrivalLog(TimeProvider timeProvider)
{
    // What came within so much time counts as having come at its beginning.
    private static readonly TimeSpan FirstGrain = TimeSpan.FromMilliseconds(2);

    // 128 KiB of memory. When it is full every second entry goes, and the grain becomes twice as large.
    private const int MaxEntries = 8192;

    private readonly Lock _lock = new();
    private readonly List<(long End, long At)> _entries = [];
    private TimeSpan _grain = FirstGrain;
    private int _first;

    /// <summary>Says that the bytes up to an offset are there now.</summary>
    public void Note(long end)
    {
        var now = timeProvider.GetTimestamp();
        lock (_lock)
        {
            if (_first == _entries.Count)
            {
                // The reader has caught up.
                _entries.Clear();
                (_first, _grain) = (0, FirstGrain);
            }
            else if (timeProvider.GetElapsedTime(_entries[^1].At, now) < _grain)
            {
                _entries[^1] = (end, _entries[^1].At);
                return;
            }

            if (_entries.Count == MaxEntries)
                Thin();
            _entries.Add((end, now));
        }
    }

    /// <summary>When the byte at an offset came in, or shortly before. Offsets are asked for in rising order.</summary>
    public long ArrivalOf(long offset)
    {
        lock (_lock)
        {
            while (_first < _entries.Count && _entries[_first].End < offset)
                _first++;
            return _first < _entries.Count ? _entries[_first].At : timeProvider.GetTimestamp();
        }
    }

    private void Thin()
    {
        _entries.RemoveRange(0, _first);
        _first = 0;
        if (_entries.Count < MaxEntries / 2)
            return;

        // Of two neighbours the earlier time and the later end stay: nothing is said to have come later than it did.
        var kept = 0;
        for (var i = 0; i < _entries.Count; i += 2)
        {
            var end = i + 1 < _entries.Count ? _entries[i + 1].End : _entries[i].End;
            _entries[kept++] = (end, _entries[i].At);
        }

        _entries.RemoveRange(kept, _entries.Count - kept);
        _grain *= 2;
    }
}
