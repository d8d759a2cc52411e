using System.Buffers;
using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Moves the expiries of a serialized hash's fields to a later time, so that the value can go on in its serialized form. It owns
/// pooled buffers: keep one and use it for many values; not by several threads at once.
/// </summary>
/// <remarks>
/// In place where the form allows it: Valkey writes eight bytes for each field, and Redis, of a hash table, the earliest expiry
/// and how far behind that each field's is. What has to be written anew becomes a hash table of Redis. A server that loads one
/// chooses by its size how to keep it, and puts packed fields in their order itself (<c>src/rdb.c</c>, rdbLoadObject).
/// </remarks>
public sealed class FieldExpiryShift : IDisposable
{
    private readonly ValueDecoder _decoder = new();
    private readonly ArrayBufferWriter<byte> _rewritten = new();

    /// <summary>The type of <see cref="Rewritten"/>.</summary>
    public static RdbType RewrittenType => RdbType.HashWithExpiries;

    /// <summary>
    /// The value as the last call of <see cref="Apply"/> has written it anew, of the type <see cref="RewrittenType"/>; empty
    /// where that left the value as it was, or changed it in place. It lives until the next call.
    /// </summary>
    public ReadOnlySpan<byte> Rewritten => _rewritten.WrittenSpan;

    /// <summary>True for the types that hold expiries of fields.</summary>
    public static bool Concerns(RdbType type) =>
        type
            is RdbType.HashWithExpiries22
                or RdbType.HashListpackWithExpiriesPreRelease
                or RdbType.HashWithExpiries
                or RdbType.HashListpackWithExpiries;

    /// <summary>Moves the expiries that lie before some moment.</summary>
    /// <param name="type">The value's type, one that <see cref="Concerns"/>.</param>
    /// <param name="version">Whose file or payload it stands in.</param>
    /// <param name="value">All of its bytes, without type and without footer. They may be changed.</param>
    /// <param name="before">Unix milliseconds: what expires then or later stays as it is.</param>
    /// <param name="by">
    /// Milliseconds, more than 0. Redis takes no expiry beyond 2^48 - 1 (<c>src/ebuckets.h</c>, EB_EXPIRE_TIME_MAX), nor does this
    /// reader.
    /// </param>
    /// <returns>How many fields expire later now.</returns>
    /// <exception cref="RdbFormatException">The value is malformed. A part of it may have been changed by then.</exception>
    public int Apply(RdbType type, RdbVersion version, Span<byte> value, long before, long by)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(by);
        _rewritten.ResetWrittenCount();
        if (type == RdbType.HashWithExpiries22 && version.Family == RdbFamily.Valkey)
            return MoveEach(value, before, by);
        if (type == RdbType.HashWithExpiries && TryMoveAlike(value, before, by, out var moved))
            return moved;
        return WriteAnew(type, version, value, before, by);
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose() => _decoder.Dispose();

    private static int MoveEach(Span<byte> value, long before, long by)
    {
        var cursor = new RdbCursor(value);
        if (!cursor.TryReadLength(out var fields))
            throw EndsTooSoon(value.Length);
        var moved = 0;
        for (; fields > 0; fields--)
        {
            if (!cursor.TrySkipString() || !cursor.TrySkipString() || !cursor.TryReadInt64(out var expireAt))
                throw EndsTooSoon(value.Length);
            if (expireAt < IValueSink.NoExpiry)
                RdbThrow.Malformed("A hash field's expiry is negative", cursor.Offset - sizeof(long));
            if (expireAt == IValueSink.NoExpiry || expireAt >= before)
                continue;

            BinaryPrimitives.WriteInt64LittleEndian(value[(cursor.Position - sizeof(long))..], expireAt + by);
            moved++;
        }

        return moved;
    }

    // Where all are to move or none, only the earliest expiry changes, from which the others count.
    private static bool TryMoveAlike(Span<byte> value, long before, long by, out int moved)
    {
        moved = 0;
        var cursor = new RdbCursor(value);
        if (!cursor.TryReadUInt64(out var earliest) || !cursor.TryReadLength(out var fields))
            throw EndsTooSoon(value.Length);

        var stay = 0;
        for (; fields > 0; fields--)
        {
            if (!cursor.TryReadLength(out var ttl) || !cursor.TrySkipString() || !cursor.TrySkipString())
                throw EndsTooSoon(value.Length);
            if (ttl == 0)
                continue;

            if (ttl < (ulong)before && earliest < (ulong)before && (long)(earliest + ttl - 1) < before)
                moved++;
            else
                stay++;
        }

        if (moved > 0 && stay > 0)
            return false;
        if (moved > 0)
            BinaryPrimitives.WriteUInt64LittleEndian(value, earliest + (ulong)by);
        return true;
    }

    private int WriteAnew(RdbType type, RdbVersion version, ReadOnlySpan<byte> value, long before, long by)
    {
        var measured = new MovedFields(before, by);
        _decoder.Decode(type, version, value, measured);
        if (measured.Moved == 0)
            return 0;

        var writer = new RdbWriter(_rewritten);
        writer.WriteInt64(measured.Earliest);
        writer.WriteLength((ulong)measured.Count);
        _decoder.Decode(type, version, value, new MovedFields(before, by, measured.Earliest, _rewritten));
        return measured.Moved;
    }

    private static RdbFormatException EndsTooSoon(int length) =>
        new("A hash with fields that expire ends before all of it is there", length);
}
