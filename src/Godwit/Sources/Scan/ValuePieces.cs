using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// The value of one key as pieces, each a serialized value of the key's type: what GETRANGE, LRANGE, SSCAN, ZSCAN and HSCAN give.
/// An element that a scan gives twice does no harm, since these types hold each once.
/// </summary>
internal sealed class ValuePieces
{
    /// <summary>The version in whose terms the pieces are: all that is shared, and Valkey's hash with field expiries.</summary>
    public static readonly RdbVersion Version = new(RdbFamily.Valkey, RdbVersion.FirstValkey);

    // Elements and bytes that one command asks for: a server spends about a millisecond on them. The bytes fit, with their
    // head, into buffers that are kept and not made anew for each piece.
    private const int Elements = 2000;
    private const int Bytes = (512 * 1024) - 64;

    // What HPEXPIRETIME says of a field that is not there.
    private const long FieldIsGone = -2;

    private readonly RedisConnection _connection;
    private readonly byte[] _key;
    private readonly ArrayBufferWriter<byte> _piece = new();

    // What the last answer held: its strings, one behind the other, and where each ends.
    private readonly ArrayBufferWriter<byte> _strings = new();
    private readonly List<int> _ends = [];
    private readonly List<long> _expiries = [];
    private bool _hasFieldExpiry = true;

    private readonly Pace? _pace;
    private long _paced;

    private ValuePieces(RedisConnection connection, RdbType type, byte[] key, Pace? pace)
    {
        _connection = connection;
        Type = type;
        _key = key;
        _pace = pace;
        _paced = connection.Input.BytesRead;
    }

    /// <summary>The type of each piece.</summary>
    public RdbType Type { get; }

    /// <summary>
    /// The pieces of a key of this type, in the server's words; null for a type that has none. They come as fast as
    /// <paramref name="pace"/> lets bytes come; null: as fast as it goes.
    /// </summary>
    public static ValuePieces? Of(RedisConnection connection, string type, byte[] key, Pace? pace) =>
        type switch
        {
            "string" => new ValuePieces(connection, RdbType.String, key, pace),
            "list" => new ValuePieces(connection, RdbType.List, key, pace),
            "set" => new ValuePieces(connection, RdbType.Set, key, pace),
            "zset" => new ValuePieces(connection, RdbType.SortedSet, key, pace),
            "hash" => new ValuePieces(connection, RdbType.HashWithExpiries22, key, pace),
            _ => null,
        };

    /// <summary>Reads them. Whoever takes a piece owns it.</summary>
    public IAsyncEnumerable<ValuePiece> ReadAsync(CancellationToken cancellationToken) =>
        Type switch
        {
            RdbType.String => ReadStringAsync(cancellationToken),
            RdbType.List => ReadListAsync(cancellationToken),
            RdbType.Set => ScanAsync("SSCAN", cancellationToken),
            RdbType.SortedSet => ScanAsync("ZSCAN", cancellationToken),
            _ => ScanAsync("HSCAN", cancellationToken),
        };

    private async IAsyncEnumerable<ValuePiece> ReadStringAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var length = (await _connection.ExecuteAsync(cancellationToken, "STRLEN", _key).ConfigureAwait(false)).Integer;
        for (long start = 0; start < length; start += Bytes)
        {
            await AskAsync(cancellationToken, "GETRANGE", _key, start, start + Bytes - 1).ConfigureAwait(false);
            new RdbWriter(_piece).WriteString(String(0));
            yield return Take();
        }
    }

    private async IAsyncEnumerable<ValuePiece> ReadListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var length = (await _connection.ExecuteAsync(cancellationToken, "LLEN", _key).ConfigureAwait(false)).Integer;
        for (long start = 0; start < length; start += Elements)
        {
            await AskAsync(cancellationToken, "LRANGE", _key, start, start + Elements - 1).ConfigureAwait(false);

            // It has become shorter meanwhile, as the watch over the key will tell. No value is without elements.
            if (_ends.Count == 0)
                yield break;

            WriteMembers(0);
            yield return Take();
        }
    }

    private async IAsyncEnumerable<ValuePiece> ScanAsync(
        string command,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var cursor = "0";
        do
        {
            await AskAsync(cancellationToken, command, _key, cursor, "COUNT", Elements).ConfigureAwait(false);
            cursor = Encoding.ASCII.GetString(String(0));

            // A scan may find nothing for a while.
            if (_ends.Count == 1)
                continue;

            if (Type == RdbType.Set)
                WriteMembers(1);
            else if (Type == RdbType.SortedSet)
                WriteScoredMembers(1);
            else if (!await TryWriteFieldsAsync(1, cancellationToken).ConfigureAwait(false))
                continue;
            yield return Take();
        } while (cursor != "0");
    }

    private void WriteMembers(int first)
    {
        var writer = new RdbWriter(_piece);
        writer.WriteLength((ulong)(_ends.Count - first));
        for (var i = first; i < _ends.Count; i++)
            writer.WriteString(String(i));
    }

    // Servers give a score as text that reads back to it.
    private void WriteScoredMembers(int first)
    {
        var writer = new RdbWriter(_piece);
        writer.WriteLength((ulong)(_ends.Count - first) / 2);
        for (var i = first; i + 1 < _ends.Count; i += 2)
        {
            writer.WriteString(String(i));
            writer.WriteDouble(RespNumber.ParseDouble(String(i + 1)));
        }
    }

    // False if none of them is left.
    private async ValueTask<bool> TryWriteFieldsAsync(int first, CancellationToken cancellationToken)
    {
        if (_hasFieldExpiry)
            await AskFieldExpiriesAsync(first, cancellationToken).ConfigureAwait(false);

        // A field whose time has ended since it was given is no part of the value any more. That is not always a change of the key:
        // the server may not have removed it yet.
        var fields = (_ends.Count - first) / 2;
        var gone = _hasFieldExpiry ? _expiries.Count(expireAt => expireAt == FieldIsGone) : 0;
        if (gone == fields)
            return false;

        var writer = new RdbWriter(_piece);
        writer.WriteLength((ulong)(fields - gone));
        for (var field = 0; field < fields; field++)
        {
            var expireAt = _hasFieldExpiry ? _expiries[field] : IValueSink.NoExpiry;
            if (expireAt == FieldIsGone)
                continue;

            writer.WriteString(String(first + (2 * field)));
            writer.WriteString(String(first + (2 * field) + 1));
            writer.WriteInt64(expireAt);
        }

        return true;
    }

    private async ValueTask AskFieldExpiriesAsync(int first, CancellationToken cancellationToken)
    {
        var count = (_ends.Count - first) / 2;
        AskFieldExpiries(first, count);
        await _connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var reply = await ReplyAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ReadFieldExpiries(reply.Span, count);
        }
        finally
        {
            // An error too is an answer, and whoever goes on asks for the next one.
            _connection.Input.Advance(reply.Length);
        }
    }

    private void AskFieldExpiries(int first, int count)
    {
        var writer = new RespWriter(_connection.Output);
        writer.WriteArrayHeader(4 + count);
        writer.WriteBulk("HPEXPIRETIME"u8);
        writer.WriteBulk(_key);
        writer.WriteBulk("FIELDS"u8);
        writer.WriteBulk(count);
        for (var i = first; i + 1 < _ends.Count; i += 2)
            writer.WriteBulk(String(i));
    }

    private void ReadFieldExpiries(ReadOnlySpan<byte> reply, int count)
    {
        _expiries.Clear();
        var reader = new RespReader(reply);
        reader.TryRead(out var head);
        if (head.IsError)
        {
            // Before Redis 7.4 and Valkey 9.0 fields do not expire.
            if (!head.Bytes.StartsWith("ERR unknown command"u8))
                throw ServerErrorException.Of(_connection.Endpoint, "HPEXPIRETIME", head.Bytes);
            _hasFieldExpiry = false;
            return;
        }

        while (reader.TryRead(out var expiry))
            _expiries.Add(expiry.Integer);
        if (_expiries.Count != count)
            throw new ProtocolException(0, $"{count} expiries", $"{_expiries.Count}");
    }

    private ReadOnlySpan<byte> String(int index)
    {
        var start = index == 0 ? 0 : _ends[index - 1];
        return _strings.WrittenSpan[start.._ends[index]];
    }

    private ValuePiece Take()
    {
        var piece = ValuePiece.CopyOf(_piece.WrittenSpan);
        _piece.ResetWrittenCount();
        return piece;
    }

    // Sends a command, and keeps the strings of its answer, however they are nested.
    private async ValueTask AskAsync(CancellationToken cancellationToken, params RespArgument[] command)
    {
        new RespWriter(_connection.Output).WriteCommand(command);
        await _connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var reply = await ReplyAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            KeepStrings(reply.Span, command[0].Text!);
        }
        finally
        {
            // An error too is an answer, and whoever goes on asks for the next one.
            _connection.Input.Advance(reply.Length);
        }
    }

    private void KeepStrings(ReadOnlySpan<byte> reply, string command)
    {
        _strings.ResetWrittenCount();
        _ends.Clear();
        var reader = new RespReader(reply);
        while (reader.TryRead(out var token))
        {
            if (token.IsError)
                throw ServerErrorException.Of(_connection.Endpoint, command, token.Bytes);
            if (token.IsAggregate)
                continue;

            _strings.Write(token.Bytes);
            _ends.Add(_strings.WrittenCount);
        }
    }

    // A whole reply, which lies in the input until it is advanced over.
    private async ValueTask<ReadOnlyMemory<byte>> ReplyAsync(CancellationToken cancellationToken)
    {
        var input = _connection.Input;
        var measure = new ReplyMeasure();
        int length;
        while (!measure.TryMeasure(input.Buffered, out length))
        {
            await input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
            await KeepPaceAsync(cancellationToken).ConfigureAwait(false);
        }

        return input.BufferedMemory[..length];
    }

    // While we wait the server is held back by its connection.
    private ValueTask KeepPaceAsync(CancellationToken cancellationToken)
    {
        if (_pace is null)
            return ValueTask.CompletedTask;

        var since = _connection.Input.BytesRead - _paced;
        _paced += since;
        return _pace.TakeAsync(since, cancellationToken);
    }
}
