using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Content;

/// <summary>
/// What a value holds, whatever its encoding: a row for each part, sorted where the type has no order of its own. Keep one and
/// use it for many values; not by several threads at once.
/// </summary>
internal sealed class ElementTable : IValueSink
{
    // What one large value has blown up is not kept.
    private const int KeptBytes = 4 * 1024 * 1024;
    private const int KeptRows = 64 * 1024;

    private const int IdLength = 16;

    private readonly List<Row> _rows = [];
    private ArrayBufferWriter<byte> _bytes = new();
    private bool _isSorted = true;
    private bool _hasCounters;
    private int _group;
    private int _groupLength;
    private int _consumer;
    private int _consumerLength;
    private int _fieldsLeft;

    /// <summary>The rows, as they came or, after <see cref="Sort"/>, in their order.</summary>
    public ReadOnlySpan<Row> Rows => CollectionsMarshal.AsSpan(_rows);

    /// <summary>Bytes that it holds.</summary>
    public int Size => _bytes.WrittenCount + (_rows.Count * Marshal.SizeOf<Row>());

    /// <summary>Begins a new value.</summary>
    public void Clear()
    {
        _rows.Clear();
        if (_rows.Capacity > KeptRows)
            _rows.Capacity = 0;
        if (_bytes.Capacity > KeptBytes)
            _bytes = new ArrayBufferWriter<byte>();
        else
            _bytes.ResetWrittenCount();
        _isSorted = true;
    }

    /// <summary>What a row is found by.</summary>
    public ReadOnlySpan<byte> Key(in Row row) => _bytes.WrittenSpan.Slice(row.KeyStart, row.KeyLength);

    /// <summary>What belongs to a row.</summary>
    public ReadOnlySpan<byte> Value(in Row row) => _bytes.WrittenSpan.Slice(row.ValueStart, row.ValueLength);

    /// <summary>Puts the rows in order: by section, then by what they are found by. Elements of a list stay as they are.</summary>
    public void Sort()
    {
        if (_isSorted)
            return;

        _rows.Sort(Compare);
        _isSorted = true;
    }

    /// <summary>Makes one row of the parts of a string, which lie one behind the other.</summary>
    /// <returns>Its bytes.</returns>
    public int JoinStrings()
    {
        var length = 0;
        foreach (ref readonly var row in Rows)
            length += row.ValueLength;
        var first = _rows[0];
        _rows.Clear();
        _rows.Add(first with { ValueLength = length });
        return length;
    }

    /// <summary>Leaves out the fields whose time is over: some servers keep them a while longer.</summary>
    public void DropExpiredFields(long now) =>
        _rows.RemoveAll(row => row is { Section: Section.Field, Number: not IValueSink.NoExpiry } && row.Number <= now);

    /// <inheritdoc/>
    public void String(ReadOnlySpan<byte> value) => Add(Section.String, [], value);

    /// <inheritdoc/>
    public void ListElement(ReadOnlySpan<byte> element) => Add(Section.Element, [], element);

    /// <inheritdoc/>
    public void SetMember(ReadOnlySpan<byte> member) => AddUnordered(Section.Member, member, []);

    /// <inheritdoc/>
    public void SortedSetMember(ReadOnlySpan<byte> member, double score) =>
        // -0 is 0: which of them a server keeps depends on its version and on how large the sorted set is.
        AddUnordered(Section.ScoredMember, member, [], BitConverter.DoubleToInt64Bits(score == 0 ? 0 : score));

    /// <inheritdoc/>
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) =>
        AddUnordered(Section.Field, field, value, expireAt);

    /// <inheritdoc/>
    public void StreamEntry(StreamId id, int fieldCount)
    {
        Span<byte> key = stackalloc byte[IdLength];
        WriteId(key, id);
        Add(Section.Entry, key, []);
        _fieldsLeft = fieldCount;
    }

    /// <inheritdoc/>
    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (_fieldsLeft-- <= 0)
            throw new InvalidOperationException("a stream's entry has more fields than it announced");

        // With the lengths in front, so that what belongs to the one is never taken for the other.
        var before = _bytes.WrittenCount;
        WriteSized(field);
        WriteSized(value);
        ref var entry = ref CollectionsMarshal.AsSpan(_rows)[^1];
        entry = entry with { ValueLength = entry.ValueLength + _bytes.WrittenCount - before };
    }

    /// <inheritdoc/>
    public void StreamInfo(in StreamInfo info)
    {
        _hasCounters = info.EntriesAdded is not null;
        Span<byte> id = stackalloc byte[IdLength];
        WriteId(id, info.LastId);
        Add(Section.LastId, [], id);
        Add(Section.EntriesAdded, [], [], (long)(info.EntriesAdded ?? 0), isNumberUnknown: !_hasCounters);
        WriteId(id, info.MaxDeletedId ?? default);
        Add(Section.MaxDeletedId, [], id, isNumberUnknown: !_hasCounters);
    }

    /// <inheritdoc/>
    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) =>
        StreamGroup(name, lastDelivered, entriesRead, _hasCounters);

    /// <summary>A consumer group begins.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="lastDelivered">The greatest id that it was given.</param>
    /// <param name="entriesRead">How many entries it has read; null where it does not know.</param>
    /// <param name="hasCounter">The server has such a counter.</param>
    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead, bool hasCounter)
    {
        Span<byte> id = stackalloc byte[IdLength];
        WriteId(id, lastDelivered);
        var number = entriesRead is { } read ? (long)read : -1;
        AddUnordered(Section.Group, name, id, number, isNumberUnknown: !hasCounter);
        (_group, _groupLength) = (_rows[^1].KeyStart, name.Length);
    }

    /// <inheritdoc/>
    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt)
    {
        AddOfGroup(Section.Consumer, name);
        _consumer = _bytes.WrittenCount - name.Length;
        _consumerLength = name.Length;
    }

    /// <inheritdoc/>
    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries)
    {
        Span<byte> key = stackalloc byte[IdLength];
        WriteId(key, id);
        AddOfGroup(Section.Pending, key);
        ref var row = ref CollectionsMarshal.AsSpan(_rows)[^1];
        row = row with
        {
            ValueStart = _consumer,
            ValueLength = _consumerLength,
            Number = deliveredAt,
            Deliveries = deliveries,
        };
    }

    /// <inheritdoc/>
    public void Module(ulong moduleId, ReadOnlySpan<byte> value) => Add(Section.Module, [], value, (long)moduleId);

    /// <summary>The id of an entry, or of what is pending, or a stream's own.</summary>
    public static StreamId ReadId(ReadOnlySpan<byte> bytes) =>
        new(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[^IdLength..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[^(IdLength / 2)..])
        );

    /// <summary>The group's name in the key of a consumer or a pending entry, and what stands behind it.</summary>
    public static ReadOnlySpan<byte> SplitGroup(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(key);
        rest = key[(sizeof(int) + length)..];
        return key.Slice(sizeof(int), length);
    }

    // Big endian, so that ids are in the same order as their bytes.
    private static void WriteId(Span<byte> bytes, StreamId id)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.Milliseconds);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], id.Sequence);
    }

    private int Compare(Row left, Row right) =>
        left.Section != right.Section ? left.Section.CompareTo(right.Section) : Key(left).SequenceCompareTo(Key(right));

    private void AddUnordered(
        Section section,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long number = 0,
        bool isNumberUnknown = false
    )
    {
        _isSorted = false;
        Add(section, key, value, number, isNumberUnknown);
    }

    private void Add(
        Section section,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long number = 0,
        bool isNumberUnknown = false
    )
    {
        var start = _bytes.WrittenCount;
        _bytes.Write(key);
        _bytes.Write(value);
        _rows.Add(
            new Row(section, start, key.Length, start + key.Length, value.Length)
            {
                Number = number,
                IsNumberUnknown = isNumberUnknown,
            }
        );
    }

    // Found by the group's name and its own.
    private void AddOfGroup(Section section, ReadOnlySpan<byte> name)
    {
        _isSorted = false;
        var start = _bytes.WrittenCount;
        var length = sizeof(int) + _groupLength + name.Length;
        var key = _bytes.GetSpan(length);
        BinaryPrimitives.WriteInt32BigEndian(key, _groupLength);
        _bytes.WrittenSpan.Slice(_group, _groupLength).CopyTo(key[sizeof(int)..]);
        name.CopyTo(key[(sizeof(int) + _groupLength)..]);
        _bytes.Advance(length);
        _rows.Add(new Row(section, start, length, start + length, 0));
    }

    private void WriteSized(ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(sizeof(int)), bytes.Length);
        _bytes.Advance(sizeof(int));
        _bytes.Write(bytes);
    }
}
