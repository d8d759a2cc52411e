using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Files;

/// <summary>Counts what a value holds: bytes of a string, elements, members, fields or entries of the others.</summary>
/// <param name="now">Fields whose time is over by then are not counted, in Unix milliseconds.</param>
internal sealed class LengthSink(long now) : IValueSink
{
    /// <summary>True of a hash whose fields may expire.</summary>
    public static bool MayExpire(RdbType type) =>
        type
            is RdbType.HashWithExpiries22
                or RdbType.HashListpackWithExpiriesPreRelease
                or RdbType.HashWithExpiries
                or RdbType.HashListpackWithExpiries;

    /// <summary>So many.</summary>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public void String(ReadOnlySpan<byte> value) => Length += value.Length;

    /// <inheritdoc/>
    public void ListElement(ReadOnlySpan<byte> element) => Length++;

    /// <inheritdoc/>
    public void SetMember(ReadOnlySpan<byte> member) => Length++;

    /// <inheritdoc/>
    public void SortedSetMember(ReadOnlySpan<byte> member, double score) => Length++;

    /// <inheritdoc/>
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt)
    {
        if (expireAt == IValueSink.NoExpiry || expireAt > now)
            Length++;
    }

    /// <inheritdoc/>
    public void StreamEntry(StreamId id, int fieldCount) => Length++;

    /// <inheritdoc/>
    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) { }

    /// <inheritdoc/>
    public void StreamInfo(in StreamInfo info) { }

    /// <inheritdoc/>
    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) { }

    /// <inheritdoc/>
    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) { }

    /// <inheritdoc/>
    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) { }

    /// <inheritdoc/>
    public void Module(ulong moduleId, ReadOnlySpan<byte> value) { }
}
