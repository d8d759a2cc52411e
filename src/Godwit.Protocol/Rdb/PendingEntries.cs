using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Godwit.Protocol.Rdb;

/// <summary>A consumer group's pending entries. Consumers then name theirs by id alone, so all must be at hand.</summary>
internal sealed class PendingEntries
{
    /// <summary>What is kept from one group to the next.</summary>
    private const int Kept = 1 << 16;

    private readonly List<PendingEntry> _entries = [];
    private int _owned;

    public void Clear()
    {
        _entries.Clear();
        _owned = 0;
        if (_entries.Capacity > Kept)
            _entries.Capacity = 0;
    }

    /// <summary>Adds the next entry. Servers write them in order of ids, from a radix tree.</summary>
    public void Add(PendingEntry entry, long offset)
    {
        if (_entries.Count != 0 && _entries[^1].Id >= entry.Id)
            RdbThrow.Malformed("A consumer group's pending entries are not in order of their ids", offset);
        _entries.Add(entry);
    }

    /// <summary>The entry of this id, which from now on belongs to a consumer.</summary>
    public PendingEntry Own(StreamId id, long offset)
    {
        var entries = CollectionsMarshal.AsSpan(_entries);
        var index = entries.BinarySearch(new ById(id));
        if (index < 0)
            RdbThrow.Malformed("A consumer has a pending entry that its group lacks", offset);
        ref var entry = ref entries[index];
        if (entry.IsOwned)
            RdbThrow.Malformed("Two consumers have the same pending entry", offset);
        entry.IsOwned = true;
        _owned++;
        return entry;
    }

    /// <summary>Checks at a group's end that no entry would be lost for want of a consumer.</summary>
    public void EnsureAllOwned(long offset)
    {
        if (_owned != _entries.Count)
            RdbThrow.Malformed("A consumer group has a pending entry that none of its consumers has", offset);
    }

    [SuppressMessage("Design", "CA1036", Justification = "A search key, compared by BinarySearch alone.")]
    private readonly struct ById(StreamId id) : IComparable<PendingEntry>
    {
        public int CompareTo(PendingEntry other) => id.CompareTo(other.Id);
    }
}
