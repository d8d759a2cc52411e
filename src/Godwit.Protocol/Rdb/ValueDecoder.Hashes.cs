using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    /// <summary>The last expiry that Redis gives a field, in Unix milliseconds (<c>src/ebuckets.h</c>, EB_EXPIRE_TIME_MAX).</summary>
    private const ulong LastFieldExpiry = 0x0000_FFFF_FFFF_FFFF;

    private bool TryHashField(ref RdbCursor cursor, IValueSink sink)
    {
        if (!TryReadPair(ref cursor, out var field, out var value))
            return false;
        _filled = true;
        sink.HashField(field, value, IValueSink.NoExpiry);
        return true;
    }

    /// <summary>
    /// Redis: a TTL, the field, the value. A TTL of 0 is none; another counts from one below the hash's earliest expiry,
    /// in release candidates from 1970.
    /// </summary>
    private bool TryRedisHashFieldWithTtl(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        var offset = cursor.Offset;
        if (!cursor.TryReadLength(out var ttl) || !TryReadPair(ref cursor, out var field, out var value))
        {
            cursor.Position = start;
            return false;
        }

        var expireAt = IValueSink.NoExpiry;
        if (ttl != 0)
        {
            var from = _type == RdbType.HashWithExpiries ? _minExpireAt : 1;
            if (ttl > LastFieldExpiry || from > LastFieldExpiry + 1 || from + ttl - 1 > LastFieldExpiry)
                RdbThrow.Malformed("A hash field expires later than any can", offset);
            expireAt = (long)(from + ttl - 1);
        }

        _filled = true;
        sink.HashField(field, value, expireAt);
        return true;
    }

    /// <summary>Valkey: the field, the value, the expiry in Unix milliseconds, which is -1 for none.</summary>
    private bool TryValkeyHashField(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        if (!cursor.TrySkipString() || !cursor.TrySkipString() || !cursor.TryReadInt64(out var expireAt))
        {
            cursor.Position = start;
            return false;
        }

        var end = cursor.Position;
        if (expireAt < IValueSink.NoExpiry)
            RdbThrow.Malformed("A hash field's expiry is negative", cursor.Offset - sizeof(long));
        cursor.Position = start;
        TryReadPair(ref cursor, out var field, out var value);
        cursor.Position = end;
        _filled = true;
        sink.HashField(field, value, expireAt);
        return true;
    }

    private void ReadHash<TReader>(ref TReader reader, IValueSink sink)
        where TReader : struct, IPackedReader, allows ref struct
    {
        Span<byte> fieldText = stackalloc byte[PackedElement.LongestInteger];
        Span<byte> valueText = stackalloc byte[PackedElement.LongestInteger];
        while (reader.TryRead(out var field))
        {
            ReadValue(ref reader, out var value);
            _filled = true;
            sink.HashField(field.Text(fieldText), value.Text(valueText), IValueSink.NoExpiry);
        }
    }

    /// <summary>Field, value and expiry in Unix milliseconds in turn, the last 0 for none.</summary>
    private void ReadHashWithExpiries<TReader>(ref TReader reader, IValueSink sink)
        where TReader : struct, IPackedReader, allows ref struct
    {
        Span<byte> fieldText = stackalloc byte[PackedElement.LongestInteger];
        Span<byte> valueText = stackalloc byte[PackedElement.LongestInteger];
        while (reader.TryRead(out var field))
        {
            ReadValue(ref reader, out var value);
            var offset = reader.Offset;
            if (!reader.TryRead(out var expiry) || !expiry.IsInteger || expiry.Integer > (long)LastFieldExpiry)
                RdbThrow.Malformed("A hash field has no expiry, or one later than any can be", offset);
            var expireAt = expiry.Integer > 0 ? expiry.Integer : IValueSink.NoExpiry;
            _filled = true;
            sink.HashField(field.Text(fieldText), value.Text(valueText), expireAt);
        }
    }

    private static void ReadValue<TReader>(ref TReader reader, out PackedElement value)
        where TReader : struct, IPackedReader, allows ref struct
    {
        var offset = reader.Offset;
        if (!reader.TryRead(out value))
            RdbThrow.Malformed("A hash's last field has no value", offset);
    }
}
