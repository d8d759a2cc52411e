using System.Buffers;
using System.Buffers.Binary;
using Godwit.Batches;
using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Keyspaces;

/// <summary>What was read of a group of keys, in their order. Keep one and use it for many groups.</summary>
internal sealed class KeyReadings
{
    // What one group has blown up is not kept.
    private const int KeptBytes = 16 * 1024 * 1024;

    private readonly List<Stored> _items = [];
    private ArrayBufferWriter<byte> _payloads = new(64 * 1024);

    /// <summary>How many keys were read.</summary>
    public int Count => _items.Count;

    /// <summary>By how many milliseconds every expiry may be too early.</summary>
    public long ExpiryError { get; set; }

    /// <summary>One key's.</summary>
    public KeyReading this[int index]
    {
        get
        {
            var item = _items[index];
            var reading = new KeyReading
            {
                Presence = item.Presence,
                ExpireAt = item.ExpireAt,
                ExpiryError = item.ExpireAt == Entry.None ? 0 : ExpiryError,
                TypeName = item.TypeName,
                Length = item.Length,
            };
            if (item.PayloadLength == 0)
                return reading;

            var payload = _payloads.WrittenSpan.Slice(item.PayloadStart, item.PayloadLength);
            if (item.IsPlain)
                return reading with { Value = payload };
            return reading with
            {
                Type = (RdbType)payload[0],
                Version = RdbVersion.OfPayload(
                    BinaryPrimitives.ReadUInt16LittleEndian(payload[^DumpPayload.FooterLength..])
                ),
                Value = payload[1..^DumpPayload.FooterLength],
            };
        }
    }

    /// <summary>Begins a new group.</summary>
    public void Clear()
    {
        _items.Clear();
        ExpiryError = 0;
        if (_payloads.Capacity > KeptBytes)
            _payloads = new ArrayBufferWriter<byte>(64 * 1024);
        else
            _payloads.ResetWrittenCount();
    }

    /// <summary>The next key is not there, or is not to be read.</summary>
    public void Add(KeyPresence presence) => _items.Add(new Stored { Presence = presence, ExpireAt = Entry.None });

    /// <summary>The next key is there.</summary>
    /// <param name="expireAt">Unix milliseconds, or <see cref="Entry.None"/>.</param>
    /// <param name="payload">What DUMP gave; empty where that was not asked.</param>
    /// <exception cref="RdbFormatException">The payload is shorter than its footer.</exception>
    public void Add(long expireAt, ReadOnlySpan<byte> payload)
    {
        if (payload.Length is > 0 and <= DumpPayload.FooterLength)
            throw new RdbFormatException($"A DUMP payload has {payload.Length} bytes", 0);

        _items.Add(
            new Stored
            {
                Presence = KeyPresence.Present,
                ExpireAt = expireAt,
                PayloadStart = _payloads.WrittenCount,
                PayloadLength = payload.Length,
            }
        );
        _payloads.Write(payload);
    }

    /// <summary>The next key is there, and a string.</summary>
    /// <param name="expireAt">Unix milliseconds, or <see cref="Entry.None"/>.</param>
    /// <param name="bytes">What it holds.</param>
    public void AddString(long expireAt, ReadOnlySpan<byte> bytes)
    {
        _items.Add(
            new Stored
            {
                Presence = KeyPresence.Present,
                ExpireAt = expireAt,
                PayloadStart = _payloads.WrittenCount,
                PayloadLength = bytes.Length,
                IsPlain = true,
            }
        );
        _payloads.Write(bytes);
    }

    /// <summary>The next key is there, and of this type.</summary>
    public void Add(string typeName) =>
        _items.Add(
            new Stored
            {
                Presence = KeyPresence.Present,
                ExpireAt = Entry.None,
                TypeName = typeName,
            }
        );

    /// <summary>The next key is one that was read into another group.</summary>
    public void Add(KeyReadings other, int index)
    {
        var item = other._items[index];
        var start = _payloads.WrittenCount;
        _payloads.Write(other._payloads.WrittenSpan.Slice(item.PayloadStart, item.PayloadLength));
        _items.Add(item with { PayloadStart = start });
        ExpiryError = Math.Max(ExpiryError, other.ExpiryError);
    }

    /// <summary>Says how long a key's value is.</summary>
    public void SetLength(int index, long length) => _items[index] = _items[index] with { Length = length };

    /// <summary>Says when a key expires, once that is known exactly.</summary>
    public void ShiftExpiries(long milliseconds)
    {
        for (var i = 0; i < _items.Count; i++)
        {
            if (_items[i].ExpireAt != Entry.None)
                _items[i] = _items[i] with { ExpireAt = _items[i].ExpireAt + milliseconds };
        }
    }

    private readonly record struct Stored
    {
        public KeyPresence Presence { get; init; }

        public long ExpireAt { get; init; }

        public int PayloadStart { get; init; }

        public int PayloadLength { get; init; }

        public bool IsPlain { get; init; }

        public string? TypeName { get; init; }

        public long Length { get; init; }
    }
}
