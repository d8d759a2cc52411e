using Godwit.Batches;
using Godwit.Live.Lanes;
using Godwit.Protocol.Rdb;

namespace Godwit.Live.Following;

/// <summary>
/// The keys that are streams, as far as they were read: what consumer groups do to one (XREADGROUP, XACK, XCLAIM, XGROUP, XSETID)
/// is told by no server. Bounded in bytes. Safe for use from any thread.
/// </summary>
/// <param name="maxBytes">Bytes that the names may take, as far as can be reckoned.</param>
internal sealed class StreamKeys(long maxBytes)
{
    private const int BytesBesideName = 100;

    private readonly Lock _lock = new();
    private readonly HashSet<DatabaseKey> _names = [];
    private long _bytes;
    private int _news;

    /// <summary>A number that grows when groups have changed: what was on its way then may be older. From any thread.</summary>
    public int News => Volatile.Read(ref _news);

    /// <summary>There are more than there is room for.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
                return _bytes > maxBytes;
        }
    }

    /// <summary>Learns which entries are streams.</summary>
    public void Learn(EntryBatch batch)
    {
        foreach (ref readonly var entry in batch.Entries)
        {
            if (entry.Kind == EntryKind.Key && IsStream(entry.Type))
                Add(DatabaseKey.Of(entry.Database, batch.Key(entry)));
        }
    }

    /// <summary>Groups have changed, of streams that are known or are being read now.</summary>
    public void NoteNews(DirtyKeys keys)
    {
        Interlocked.Increment(ref _news);
        MarkAll(keys);
    }

    /// <summary>Marks all as changed.</summary>
    public void MarkAll(DirtyKeys keys)
    {
        DatabaseKey[] names;
        lock (_lock)
            names = [.. _names];
        foreach (var name in names)
            keys.Add(name);
    }

    /// <summary>Forgets keys that have gone.</summary>
    public void Remove(int database, IEnumerable<byte[]> keys)
    {
        lock (_lock)
        {
            if (_names.Count == 0)
                return;
            foreach (var key in keys)
            {
                var name = DatabaseKey.Of(database, key);
                if (_names.Remove(name))
                    _bytes -= BytesOf(name);
            }
        }
    }

    /// <summary>Forgets all: everything is read anew.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _names.Clear();
            _bytes = 0;
        }
    }

    // Values of a type that this program does not know yet may be streams as well.
    private static bool IsStream(RdbType type) => !type.IsKnown() || type.Kind() == ValueKind.Stream;

    private static long BytesOf(DatabaseKey name) => BytesBesideName + (sizeof(char) * (long)name.Name.Length);

    private void Add(DatabaseKey name)
    {
        lock (_lock)
        {
            if (_bytes <= maxBytes && _names.Add(name))
                _bytes += BytesOf(name);
        }
    }
}
