using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Redis;

/// <summary>
/// What a value holds, as a number, whatever the layout that a server has given it: a replica orders the members of a set in
/// another way than its primary, and cuts a list into other nodes. What a replica does not know as exactly is left out: how many
/// entries a stream's group has read, and when its consumers were last seen.
/// </summary>
internal sealed class ValueDigest : IValueSink
{
    private readonly ArrayBufferWriter<byte> _element = new();
    private UInt128 _sum;
    private long _position;

    private ValueDigest() { }

    /// <summary>Of a serialized value; null if it cannot be decoded, or is a module's.</summary>
    public static UInt128? Of(RdbType type, RdbVersion version, ReadOnlySpan<byte> value)
    {
        if (type == RdbType.Module)
            return null;

        var digest = new ValueDigest();
        using var decoder = new ValueDecoder();
        try
        {
            decoder.Decode(type, version, value, digest);
            return digest._sum;
        }
        catch (RdbFormatException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void String(ReadOnlySpan<byte> value) => InOrder('s', value);

    /// <inheritdoc/>
    public void ListElement(ReadOnlySpan<byte> element) => InOrder('l', element);

    /// <inheritdoc/>
    public void SetMember(ReadOnlySpan<byte> member) => Anywhere('m', member);

    /// <inheritdoc/>
    public void SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        Span<byte> number = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(number, score);
        Anywhere('z', member, number);
    }

    /// <inheritdoc/>
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) =>
        Anywhere('h', field, value, Number(expireAt, stackalloc byte[sizeof(long)]));

    /// <inheritdoc/>
    public void StreamEntry(StreamId id, int fieldCount) =>
        InOrder('e', Text(id), Number(fieldCount, stackalloc byte[8]));

    /// <inheritdoc/>
    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => InOrder('f', field, value);

    /// <inheritdoc/>
    public void StreamInfo(in StreamInfo info) => InOrder('i', Text(info.LastId));

    /// <inheritdoc/>
    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) =>
        InOrder('g', name, Text(lastDelivered));

    /// <inheritdoc/>
    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) => InOrder('c', name);

    /// <inheritdoc/>
    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) =>
        InOrder('p', Text(id), Number(deliveredAt, stackalloc byte[8]), Number((long)deliveries, stackalloc byte[8]));

    /// <inheritdoc/>
    public void Module(ulong moduleId, ReadOnlySpan<byte> value) =>
        throw new NotSupportedException("a module's value is not decoded");

    private static ReadOnlySpan<byte> Number(long number, Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    private static byte[] Text(StreamId id) => System.Text.Encoding.ASCII.GetBytes(id.ToString());

    private void InOrder(
        char kind,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second = default,
        ReadOnlySpan<byte> third = default
    )
    {
        _element.Write(Number(++_position, stackalloc byte[sizeof(long)]));
        Anywhere(kind, first, second, third);
    }

    // Each element has a hash of its own, and their sum does not tell in which order they came.
    private void Anywhere(
        char kind,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second = default,
        ReadOnlySpan<byte> third = default
    )
    {
        _element.Write([(byte)kind]);
        Add(first);
        Add(second);
        Add(third);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_element.WrittenSpan, hash);
        _element.ResetWrittenCount();
        _sum = unchecked(_sum + BinaryPrimitives.ReadUInt128LittleEndian(hash));
    }

    private void Add(ReadOnlySpan<byte> part)
    {
        _element.Write(Number(part.Length, stackalloc byte[sizeof(long)]));
        _element.Write(part);
    }
}
