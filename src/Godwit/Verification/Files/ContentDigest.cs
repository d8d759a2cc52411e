using System.Buffers.Binary;
using System.Security.Cryptography;
using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Files;

/// <summary>
/// Stands for a value that is too large to be held: the same for the same content, whatever its encoding and the order of what has
/// none. What only some versions keep (a stream's counters) and when consumers were seen are left out.
/// </summary>
/// <param name="now">Fields whose time is over by then are left out too, in Unix milliseconds.</param>
internal sealed class ContentDigest(long now) : IValueSink, IDisposable
{
    private readonly IncrementalHash _inOrder = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _one = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _number = new byte[sizeof(long)];
    private LengthSink _length = new(now);
    private UInt128 _sum;
    private UInt128 _expiries;

    /// <summary>What stands for all that came since the last one.</summary>
    public ContentSummary Take()
    {
        var summary = new ContentSummary(Finish(_inOrder) ^ _sum, _expiries, _length.Length);
        (_sum, _expiries) = (0, 0);
        _length = new LengthSink(now);
        return summary;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inOrder.Dispose();
        _one.Dispose();
    }

    /// <inheritdoc/>
    public void String(ReadOnlySpan<byte> value)
    {
        _length.String(value);
        _inOrder.AppendData(value);
    }

    /// <inheritdoc/>
    public void ListElement(ReadOnlySpan<byte> element)
    {
        _length.ListElement(element);
        Append(_inOrder, element);
    }

    /// <inheritdoc/>
    public void SetMember(ReadOnlySpan<byte> member)
    {
        _length.SetMember(member);
        Append(_one, member);
        AddOne();
    }

    /// <inheritdoc/>
    public void SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        _length.SortedSetMember(member, score);
        Append(_one, member);
        Append(_one, BitConverter.DoubleToInt64Bits(score == 0 ? 0 : score));
        AddOne();
    }

    /// <inheritdoc/>
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt)
    {
        if (expireAt != IValueSink.NoExpiry && expireAt <= now)
            return;

        _length.HashField(field, value, expireAt);
        Append(_one, field);
        Append(_one, value);
        AddOne();
        if (expireAt == IValueSink.NoExpiry)
            return;

        Append(_one, field);
        Append(_one, expireAt);
        _expiries = unchecked(_expiries + Finish(_one));
    }

    /// <inheritdoc/>
    public void StreamEntry(StreamId id, int fieldCount)
    {
        _length.StreamEntry(id, fieldCount);
        Append(_inOrder, id);
        Append(_inOrder, fieldCount);
    }

    /// <inheritdoc/>
    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        Append(_inOrder, field);
        Append(_inOrder, value);
    }

    /// <inheritdoc/>
    public void StreamInfo(in StreamInfo info) => Append(_inOrder, info.LastId);

    /// <inheritdoc/>
    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead)
    {
        Append(_inOrder, "group"u8);
        Append(_inOrder, name);
        Append(_inOrder, lastDelivered);
    }

    /// <inheritdoc/>
    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt)
    {
        Append(_inOrder, "consumer"u8);
        Append(_inOrder, name);
    }

    /// <inheritdoc/>
    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries)
    {
        Append(_inOrder, id);
        Append(_inOrder, deliveredAt);
        Append(_inOrder, (long)deliveries);
    }

    /// <inheritdoc/>
    public void Module(ulong moduleId, ReadOnlySpan<byte> value)
    {
        Append(_inOrder, (long)moduleId);
        Append(_inOrder, value);
    }

    // A sum is the same in any order, and, unlike an exclusive or, not the same without two of a kind.
    private void AddOne() => _sum = unchecked(_sum + Finish(_one));

    // With the length in front, so that two parts are never taken for one.
    private void Append(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private void Append(IncrementalHash hash, StreamId id)
    {
        Append(hash, (long)id.Milliseconds);
        Append(hash, (long)id.Sequence);
    }

    private void Append(IncrementalHash hash, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_number, number);
        hash.AppendData(_number);
    }

    private static UInt128 Finish(IncrementalHash hash)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }
}
