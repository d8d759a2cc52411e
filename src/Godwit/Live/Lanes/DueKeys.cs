namespace Godwit.Live.Lanes;

/// <summary>Keys that are to be read anew: what happens to them meanwhile will be in what is read.</summary>
internal sealed class DueKeys
{
    private readonly HashSet<DatabaseKey> _keys = [];

    /// <summary>How many.</summary>
    public int Count => _keys.Count;

    /// <summary>The last place before the first change that is left to the reading; null where none is due.</summary>
    public StreamPlace? Since { get; private set; }

    /// <summary>Adds keys.</summary>
    /// <param name="keys">Those that a change writes.</param>
    /// <param name="before">The last place before that change.</param>
    public void Add(IEnumerable<DatabaseKey> keys, StreamPlace before)
    {
        Since ??= before;
        _keys.UnionWith(keys);
    }

    /// <summary>True if the key is due.</summary>
    public bool Contains(DatabaseKey key) => _keys.Contains(key);

    /// <summary>Gives them all, and is empty then. They are read before the next record is written.</summary>
    public IReadOnlyList<DatabaseKey> Take()
    {
        DatabaseKey[] keys = [.. _keys];
        _keys.Clear();
        return keys;
    }

    /// <summary>What was taken has been read and written.</summary>
    public void Settle() => Since = null;
}
