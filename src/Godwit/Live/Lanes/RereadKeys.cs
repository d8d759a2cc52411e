namespace Godwit.Live.Lanes;

/// <summary>
/// The keys that were read anew, each with the offset up to which its changes are in what was read: they must not be applied a
/// second time. It is empty again as soon as the stream has passed the last of these offsets; where keys are read anew all the time, those
/// that it has passed are forgotten now and then.
/// </summary>
internal sealed class RereadKeys
{
    // So few are not worth looking through.
    private const int Few = 1024;

    private readonly Dictionary<DatabaseKey, long> _offsets = [];
    private int _many = Few;

    /// <summary>The highest offset of any key that was read anew; 0 where there was none.</summary>
    public long Through { get; private set; }

    /// <summary>The keys.</summary>
    public IReadOnlyCollection<DatabaseKey> Keys => _offsets.Keys;

    /// <summary>True if changes must be looked at: some of them may be known already.</summary>
    public bool Any => _offsets.Count > 0;

    /// <summary>A key was read as it was at this offset.</summary>
    public void Add(DatabaseKey key, long offset)
    {
        _offsets[key] = offset;
        Through = Math.Max(Through, offset);
    }

    /// <summary>Whether a key's change at this offset is known already.</summary>
    public bool Knows(DatabaseKey key, long offset) => _offsets.TryGetValue(key, out var through) && offset <= through;

    /// <summary>Forgets those that the stream has passed: all at once, or when they have become twice as many.</summary>
    public void Passed(long offset)
    {
        if (offset > Through)
        {
            _offsets.Clear();
        }
        else if (_offsets.Count > _many)
        {
            foreach (var (key, through) in _offsets)
            {
                if (through <= offset)
                    _offsets.Remove(key);
            }
        }
        else
        {
            return;
        }

        _many = Math.Max(Few, 2 * _offsets.Count);
    }
}
