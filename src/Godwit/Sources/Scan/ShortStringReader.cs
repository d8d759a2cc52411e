using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// Reads keys that are taken for short strings, since those before them were: GETRANGE up to a bound, then when it expires. That
/// is one question less than for a key of which nothing is known, no answer can be large, and GETRANGE costs a server less than
/// DUMP, which compresses and signs. Keys that are something else come back, see <see cref="TakeOthers"/>.
/// </summary>
/// <param name="connection">Used by nobody else meanwhile. Its server has PEXPIRETIME.</param>
/// <param name="budget">Gives the buffers.</param>
internal sealed class ShortStringReader(RedisConnection connection, BufferBudget budget) : IDisposable
{
    /// <summary>
    /// Bytes of the longest string that counts as short. One that may be longer is left to DUMP, whose compression then spares
    /// the line more than it costs the server.
    /// </summary>
    public const int Longest = 511;

    private const long KeyIsGone = -2;

    // What the serialized form of a compressed string begins with (src/rdb.h, RDB_ENCVAL and RDB_ENC_LZF).
    private const byte CompressedString = 0xC3;

    private RedisConnection _connection = connection;
    private readonly PayloadBatchBuilder _builder = new(budget);
    private readonly ShortStringForecast _forecast = new();
    private List<byte[]> _others = [];

    /// <summary>True if the next keys are likely to be short strings.</summary>
    public bool Expects => _forecast.Expects;

    /// <summary>True if keys came back that are no short strings, or of which that is not known.</summary>
    public bool HasOthers => _others.Count > 0;

    /// <summary>Gives the keys that came back since the last call. Nothing of them was read.</summary>
    public byte[][] TakeOthers()
    {
        if (_others.Count == 0)
            return [];

        var others = _others;
        _others = [];
        return [.. others];
    }

    /// <summary>Learns from keys that were read by DUMP. A string that it has compressed is better left to it.</summary>
    public void Learn(EntryBatch batch)
    {
        foreach (ref readonly var entry in batch.Entries)
            _forecast.Add(IsShortString(entry.Type, batch.Value(entry)));
    }

    /// <summary>Takes another connection in place of the one so far. What was asked over that one is not answered any more.</summary>
    public void GoOnOver(RedisConnection other) => _connection = other;

    /// <summary>Asks for the keys. The commands wait for a flush.</summary>
    public void Ask(byte[][] keys) => Ask(new RespWriter(_connection.Output), keys);

    /// <inheritdoc cref="Ask(byte[][])"/>
    public static void Ask(RespWriter writer, byte[][] keys)
    {
        foreach (var key in keys)
        {
            writer.WriteArrayHeader(4);
            writer.WriteBulk("GETRANGE"u8);
            writer.WriteBulk(key);
            writer.WriteBulk("0"u8);
            writer.WriteBulk(Longest);
            writer.WriteArrayHeader(2);
            writer.WriteBulk("PEXPIRETIME"u8);
            writer.WriteBulk(key);
        }
    }

    /// <summary>Reads the answers to <see cref="Ask(byte[][])"/>, in as many batches as it takes.</summary>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        byte[][] keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (var read = 0; read < keys.Length || _builder.Count > 0; )
        {
            var needed = 0;
            if (!TryReadBuffered(database, keys, ref read, ref needed))
            {
                await _connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (_builder.Take() is { } batch)
                yield return batch;
            if (needed > 0)
                await _builder.BeginAsync(needed, held: 0, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _builder.Dispose();

    // False if more bytes are needed; true if the batch is full, or nothing is left to read.
    private bool TryReadBuffered(int database, byte[][] keys, ref int read, ref int needed)
    {
        while (read < keys.Length)
        {
            var key = keys[read];
            var reader = _connection.Input.Reader();
            if (!reader.TryRead(out var value) || !reader.TryRead(out var expiry))
                return false;

            if (IsShortString(value, expiry))
            {
                if (!_builder.HasRoomForString(key.Length, value.Bytes.Length))
                {
                    needed = PayloadBatchBuilder.RoomForString(key.Length, value.Bytes.Length);
                    return true;
                }

                _builder.AddString(database, key, value.Bytes, expiry.Integer);
                _forecast.Add(true);
            }
            else
            {
                _others.Add(key);
                if (value.IsError)
                    _forecast.WasRefused();
                else
                    _forecast.Add(false);
            }

            _connection.Input.Advance(reader.Consumed);
            read++;
        }

        return true;
    }

    /// <summary>
    /// True if these answers are those for a short string. GETRANGE answers with nothing where there is no key, and with no more than the
    /// bound where the string is longer. What cannot be told here, be it an error, is left to those who ask for the key again.
    /// </summary>
    public static bool IsShortString(in RespToken value, in RespToken expiry) =>
        value.Kind == RespKind.BulkString
        && value.Bytes.Length is > 0 and <= Longest
        && expiry.Kind == RespKind.Integer
        && expiry.Integer != KeyIsGone;

    /// <summary>True for a serialized value that is better asked for as a short string. One that DUMP has compressed is not.</summary>
    public static bool IsShortString(RdbType type, ReadOnlySpan<byte> value) =>
        type == RdbType.String && value.Length is > 0 and <= Longest && value[0] != CompressedString;
}
