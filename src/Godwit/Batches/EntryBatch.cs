using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Batches;

/// <summary>
/// Many entries in one pooled buffer: what travels from a source to a target. It has one owner at a time: the source that
/// fills it, then whoever took it last, who disposes it when the fate of every entry is known. No span outlives that. Its
/// entries may be divided into parts, which share the buffers: those go back when the last part is disposed.
/// </summary>
internal sealed class EntryBatch : IDisposable
{
    /// <summary>Bytes of a batch's buffer, unless a single entry needs more. Large enough that the cost per batch vanishes
    /// beside that of its hundreds of keys, small enough that a dozen on the way stay in the processor's cache.</summary>
    public const int DefaultBufferSize = 256 * 1024;

    private const int SmallestScratch = 4096;

    private readonly List<Entry> _entries = [];
    private readonly BufferBudget? _budget;
    private Account? _account;
    private readonly EntryBatch? _whole;
    private int _holders = 1;
    private byte[]? _buffer;
    private byte[]? _scratch;
    private int _scratchUsed;

    /// <summary>Creates a batch without a buffer: key and value of each entry are copied.</summary>
    public EntryBatch() => _buffer = [];

    /// <summary>Takes ownership of <paramref name="buffer"/>, which came from <paramref name="budget"/>.</summary>
    public EntryBatch(byte[] buffer, BufferBudget budget)
    {
        _buffer = buffer;
        _budget = budget;
    }

    private EntryBatch(EntryBatch whole, ReadOnlySpan<int> indexes)
    {
        _whole = whole;
        _buffer = whole.Buffer;
        _scratch = whole._scratch;
        _scratchUsed = whole._scratchUsed;
        _account = whole._account;
        Version = whole.Version;
        Large = whole.Large;
        _entries.EnsureCapacity(indexes.Length);
        foreach (var index in indexes)
            _entries.Add(whole._entries[index]);
    }

    /// <summary>The version in which all values of this batch are serialized. Set before the first entry is added.</summary>
    public RdbVersion Version { get; set; }

    /// <summary>Where its entries are settled. The source sets it before it hands the batch out.</summary>
    public Account Account
    {
        get => _account ?? throw new InvalidOperationException("the batch belongs to no account");
        set => _account = value;
    }

    /// <summary>The value of the only entry, where that comes in pieces; null for a batch of whole values.</summary>
    public LargeValue? Large { get; init; }

    /// <summary>The entries, in the source's order.</summary>
    public ReadOnlySpan<Entry> Entries => CollectionsMarshal.AsSpan(_entries);

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes of the buffer.</summary>
    public int Capacity => Buffer.Length;

    /// <summary>Bytes that were copied, which no <see cref="BufferBudget"/> counts.</summary>
    public int Copied => _scratchUsed;

    /// <summary>Adds an entry whose key and value are in the buffer already.</summary>
    public void Add(in Entry entry) => _entries.Add(entry);

    /// <summary>Adds an entry whose value is in the buffer and whose key is not, since it was compressed; it is copied.</summary>
    public void Add(in Entry entry, ReadOnlySpan<byte> key) =>
        _entries.Add(entry with { KeyStart = Copy(key), KeyLength = key.Length });

    /// <summary>Adds an entry of which nothing is in the buffer; key and value are copied.</summary>
    public void AddCopy(in Entry entry, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Add(entry with { ValueStart = Copy(value), ValueLength = value.Length }, key);

    /// <summary>Says when an entry expires, in Unix milliseconds or <see cref="Entry.None"/>, once that is known better.</summary>
    public void SetExpiry(int index, long expireAt) => _entries[index] = _entries[index] with { ExpireAt = expireAt };

    /// <summary>
    /// The entry's serialized value, to be changed in place by whoever owns the batch. If there was a footer behind it, that does
    /// not match any more, and is as good as gone.
    /// </summary>
    public Span<byte> ChangeValue(int index)
    {
        var entry = _entries[index] = _entries[index] with { Signed = false };
        return entry.ValueStart >= 0
            ? Buffer.AsSpan(entry.ValueStart, entry.ValueLength)
            : _scratch.AsSpan(~entry.ValueStart, entry.ValueLength);
    }

    /// <summary>Gives an entry another serialized value, which is copied.</summary>
    public void ReplaceValue(int index, RdbType type, ReadOnlySpan<byte> value) =>
        _entries[index] = _entries[index] with
        {
            Type = type,
            Signed = false,
            ValueStart = Copy(value),
            ValueLength = value.Length,
        };

    /// <summary>The entry's key. It lives as long as the batch.</summary>
    public ReadOnlySpan<byte> Key(in Entry entry) => Bytes(entry.KeyStart, entry.KeyLength);

    /// <summary>The entry's serialized value, without type byte and footer. It lives as long as the batch.</summary>
    public ReadOnlySpan<byte> Value(in Entry entry) => Bytes(entry.ValueStart, entry.ValueLength);

    /// <summary>As <see cref="Value"/>, for code that awaits.</summary>
    public ReadOnlyMemory<byte> ValueMemory(in Entry entry) =>
        entry.ValueStart >= 0
            ? Buffer.AsMemory(entry.ValueStart, entry.ValueLength)
            : _scratch.AsMemory(~entry.ValueStart, entry.ValueLength);

    /// <summary>The footer that follows the value of an entry that is <see cref="Entry.Signed"/>.</summary>
    public ReadOnlySpan<byte> Footer(in Entry entry)
    {
        Debug.Assert(entry.Signed, "only a signed entry has a footer");
        return Buffer.AsSpan(entry.ValueStart + entry.ValueLength, DumpPayload.FooterLength);
    }

    /// <summary>
    /// False if the entry came with a checksum that does not match it. To be asked before it is decoded or signed anew; where
    /// its own footer goes along, the target checks it.
    /// </summary>
    public bool IsIntact(in Entry entry) =>
        !entry.Signed
        || DumpPayload.Sign(entry.Type, Value(entry), Version.Number)
            == BinaryPrimitives.ReadUInt64LittleEndian(Footer(entry)[sizeof(ushort)..]);

    /// <summary>
    /// A batch of some of the entries, which shares the buffers and is disposed by itself. Nothing is added to either any more.
    /// Safe for use from any thread.
    /// </summary>
    /// <param name="indexes">Of the entries, in rising order.</param>
    public EntryBatch Part(ReadOnlySpan<int> indexes)
    {
        var part = new EntryBatch(this, indexes);
        Hold();
        return part;
    }

    /// <summary>Another holder, who disposes it too. Safe for use from any thread.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>Gives the buffers back, unless there are other holders.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;

        if (_whole is not null)
        {
            if (Interlocked.Exchange(ref _buffer, null) is not null)
                _whole.Dispose();
            return;
        }

        Large?.Abandon();
        if (_buffer is { Length: > 0 } buffer)
            _budget!.Return(buffer);
        if (_scratch is { } scratch)
            ArrayPool<byte>.Shared.Return(scratch);
        _buffer = null;
        _scratch = null;
    }

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(EntryBatch));

    // A negative start is the complement of one in the scratch.
    private ReadOnlySpan<byte> Bytes(int start, int length) =>
        start >= 0 ? Buffer.AsSpan(start, length) : _scratch.AsSpan(~start, length);

    private int Copy(ReadOnlySpan<byte> bytes)
    {
        EnsureScratch(bytes.Length);
        bytes.CopyTo(_scratch.AsSpan(_scratchUsed));
        var start = ~_scratchUsed;
        _scratchUsed += bytes.Length;
        return start;
    }

    private void EnsureScratch(int more)
    {
        if (_scratch is not null && _scratch.Length - _scratchUsed >= more)
            return;

        var larger = ArrayPool<byte>.Shared.Rent(
            (int)Math.Clamp((_scratchUsed + (long)more) * 2, SmallestScratch, Array.MaxLength)
        );
        if (_scratch is not null)
        {
            _scratch.AsSpan(0, _scratchUsed).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_scratch);
        }

        _scratch = larger;
    }
}
