using System.Buffers.Binary;
using System.Diagnostics;
using Godwit.Batches;
using Godwit.Protocol.Rdb;

namespace Godwit.Sources.Scan;

/// <summary>Gathers keys and their DUMP payloads into batches. Payloads stay as they came, footer and all.</summary>
internal sealed class PayloadBatchBuilder(BufferBudget budget) : IDisposable
{
    // A length of 6 bits, or of 14 behind the mark 01 (src/rdb.h, RDB_6BITLEN and RDB_14BITLEN).
    private const int LongestHeader = sizeof(ushort);
    private const int ShortLengths = 1 << 6;
    private const int LongLengthMark = 1 << 14;

    // A plain string is the same in all versions.
    private static readonly RdbVersion PlainStrings = new(RdbFamily.Redis, RdbVersion.LastShared);

    private EntryBatch? _batch;
    private byte[] _buffer = [];
    private int _used;

    /// <summary>Entries that wait to be taken.</summary>
    public int Count => _batch?.Count ?? 0;

    /// <summary>True if the entry fits into the batch that is being filled.</summary>
    public bool HasRoomFor(int keyLength, int payloadLength) =>
        _batch is not null && _buffer.Length - _used >= (long)keyLength + payloadLength;

    /// <summary>Begins a batch that has room for an entry of this size. The one before must have been taken.</summary>
    /// <param name="needed">Bytes of key and payload.</param>
    /// <param name="held">Bytes of batches that were taken and will not be handed on before this one is complete.</param>
    /// <param name="cancellationToken">Ends the waiting for a buffer.</param>
    public async ValueTask BeginAsync(int needed, long held, CancellationToken cancellationToken)
    {
        _buffer = await budget.RentAsync(needed, held, cancellationToken).ConfigureAwait(false);
        _used = 0;
        _batch = new EntryBatch(_buffer, budget);
    }

    /// <summary>Adds a key for which <see cref="HasRoomFor"/> holds.</summary>
    /// <param name="database">Where the key is.</param>
    /// <param name="key">Its name.</param>
    /// <param name="payload">What DUMP answered.</param>
    /// <param name="expireAt">Unix milliseconds, or <see cref="Entry.None"/>.</param>
    /// <exception cref="RdbFormatException">The payload is shorter than its footer.</exception>
    public void Add(int database, ReadOnlySpan<byte> key, ReadOnlySpan<byte> payload, long expireAt)
    {
        if (payload.Length <= DumpPayload.FooterLength)
            throw new RdbFormatException($"A DUMP payload has {payload.Length} bytes", 0);

        // All payloads of one server have the same version.
        if (_batch!.Count == 0)
        {
            var number = BinaryPrimitives.ReadUInt16LittleEndian(payload[^DumpPayload.FooterLength..]);
            _batch.Version = RdbVersion.OfPayload(number);
        }

        key.CopyTo(_buffer.AsSpan(_used));
        payload.CopyTo(_buffer.AsSpan(_used + key.Length));
        _batch!.Add(
            new Entry
            {
                Type = (RdbType)payload[0],
                Signed = true,
                Database = database,
                KeyStart = _used,
                KeyLength = key.Length,
                ValueStart = _used + key.Length + 1,
                ValueLength = payload.Length - 1 - DumpPayload.FooterLength,
                ExpireAt = expireAt,
            }
        );
        _used += key.Length + payload.Length;
    }

    /// <summary>Bytes that <see cref="AddString"/> takes.</summary>
    public static int RoomForString(int keyLength, int valueLength) => checked(keyLength + LongestHeader + valueLength);

    /// <summary>True if the string fits into the batch that is being filled.</summary>
    public bool HasRoomForString(int keyLength, int valueLength) =>
        _batch is not null && _buffer.Length - _used >= RoomForString(keyLength, valueLength);

    /// <summary>Adds a string as the server gave it, for which <see cref="HasRoomForString"/> holds. It has less than 16 KiB.</summary>
    /// <param name="database">Where the key is.</param>
    /// <param name="key">Its name.</param>
    /// <param name="value">The string.</param>
    /// <param name="expireAt">Unix milliseconds, or <see cref="Entry.None"/>.</param>
    public void AddString(int database, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expireAt)
    {
        Debug.Assert(value.Length < LongLengthMark, "the length has 14 bits");
        _batch!.Version = PlainStrings;
        var start = _used + key.Length;
        key.CopyTo(_buffer.AsSpan(_used));
        var header = value.Length < ShortLengths ? sizeof(byte) : LongestHeader;
        if (value.Length < ShortLengths)
            _buffer[start] = (byte)value.Length;
        else
            BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(start), (ushort)(LongLengthMark | value.Length));
        value.CopyTo(_buffer.AsSpan(start + header));
        _batch.Add(
            new Entry
            {
                Type = RdbType.String,
                Database = database,
                KeyStart = _used,
                KeyLength = key.Length,
                ValueStart = start,
                ValueLength = header + value.Length,
                ExpireAt = expireAt,
            }
        );
        _used = start + header + value.Length;
    }

    /// <summary>Hands out what was gathered; null if that is nothing.</summary>
    public EntryBatch? Take()
    {
        var batch = _batch;
        _batch = null;
        if (batch is not { Count: 0 })
            return batch;

        batch.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _batch?.Dispose();
}
