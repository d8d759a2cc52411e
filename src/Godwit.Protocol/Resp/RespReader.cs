using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Godwit.Protocol.Resp;

/// <summary>
/// Reads RESP2 and RESP3 token by token from a buffer, without copying. It keeps no hold on how tokens nest: an aggregate's
/// head says how many values follow.
/// </summary>
/// <remarks>
/// A token that is not whole yet is a return value, and leaves the reader where it was; what can never become a token is a
/// <see cref="ProtocolException"/>. The streamed forms of RESP3's draft (<c>$?</c>, <c>*?</c>), which no server sends, are
/// refused. The format is that of <c>deps/hiredis/read.c</c> and <c>src/networking.c</c> in Redis.
/// </remarks>
public ref struct RespReader
{
    // A number of 64 bits has at most 19 digits.
    private const int MaxDigits = 19;

    // A line feed after the carriage return.
    private const int LineEnd = 2;

    // The format of a verbatim string and its colon: "txt:".
    private const int VerbatimPrefix = 4;

    private readonly ReadOnlySpan<byte> _buffer;
    private readonly RespLimits _limits;
    private readonly long _offset;
    private int _position;

    /// <summary>Creates a reader that begins at the buffer's start.</summary>
    /// <param name="buffer">What has come so far; it begins where a token begins.</param>
    /// <param name="limits">Caps on lengths; null for <see cref="RespLimits.Default"/>.</param>
    /// <param name="offset">What came before the buffer, in bytes: errors count from there.</param>
    public RespReader(ReadOnlySpan<byte> buffer, RespLimits? limits = null, long offset = 0)
    {
        _buffer = buffer;
        _limits = limits ?? RespLimits.Default;
        _offset = offset;
        _position = 0;
    }

    /// <summary>Bytes of the buffer that the tokens read so far took.</summary>
    public readonly int Consumed => _position;

    /// <summary>Reads the next token, past any attributes before it.</summary>
    /// <returns>False if more data is needed; the reader then stays where it was.</returns>
    /// <exception cref="ProtocolException">This is not RESP, or is beyond a limit.</exception>
    public bool TryRead(out RespToken token) => TryRead(withBody: true, out token);

    /// <summary>
    /// As <see cref="TryRead(out RespToken)"/>, but of a bulk reads the head alone: its <see cref="RespToken.Length"/> bytes
    /// and a line end of two bytes follow and are the caller's to take. So a value need never be in memory whole.
    /// </summary>
    /// <returns>False if more data is needed; the reader then stays where it was.</returns>
    /// <exception cref="ProtocolException">This is not RESP, or is beyond a limit.</exception>
    public bool TryReadHead(out RespToken token) => TryRead(withBody: false, out token);

    /// <summary>Finds the end of one whole reply at the buffer's start.</summary>
    /// <returns>False if more data is needed.</returns>
    /// <exception cref="ProtocolException">This is not RESP, or is beyond a limit.</exception>
    /// <remarks>For a buffer that grows, <see cref="ReplyMeasure"/> goes on where it stopped.</remarks>
    public static bool TryMeasure(ReadOnlySpan<byte> buffer, out int length)
    {
        var measure = new ReplyMeasure();
        return measure.TryMeasure(buffer, out length);
    }

    /// <summary>Reads one token, attributes' heads too. <paramref name="needed"/>: the length that the buffer must have at least.</summary>
    internal bool TryReadAny(bool withBody, out RespToken token, out long needed)
    {
        if (!TryReadAt(_position, withBody, out token, out var next, out needed))
            return false;

        _position = next;
        return true;
    }

    private bool TryRead(bool withBody, out RespToken token)
    {
        if (!TryReadAt(_position, withBody, out token, out var next, out _))
            return false;

        while (token.Kind == RespKind.Attribute)
        {
            if (!TryPass(token.Count, ref next) || !TryReadAt(next, withBody, out token, out next, out _))
            {
                token = default;
                return false;
            }
        }

        _position = next;
        return true;
    }

    private readonly bool TryPass(long values, ref int position)
    {
        while (values > 0)
        {
            if (!TryReadAt(position, withBody: true, out var token, out position, out _))
                return false;

            // An attribute comes before a value and is none itself.
            values += token.Kind == RespKind.Attribute ? token.Count : token.Count - 1;
        }

        return true;
    }

    private readonly bool TryReadAt(int position, bool withBody, out RespToken token, out int next, out long needed)
    {
        token = default;
        next = position;
        needed = position + 1L;
        if (position >= _buffer.Length)
            return false;

        var kind = (RespKind)_buffer[position];
        switch (kind)
        {
            case RespKind.SimpleString:
            case RespKind.Error:
            case RespKind.Null:
            case RespKind.Boolean:
            case RespKind.Double:
            case RespKind.BigNumber:
                return TryReadLine(kind, position, out token, out next, out needed);

            case RespKind.Integer:
                if (!TryReadNumber(position + 1, out var integer, out next, out needed))
                    return false;
                token = new RespToken(kind, _buffer[(position + 1)..(next - LineEnd)], integer);
                return true;

            case RespKind.BulkString:
            case RespKind.BulkError:
            case RespKind.VerbatimString:
                return TryReadBulk(kind, position, withBody, out token, out next, out needed);

            case RespKind.Array:
            case RespKind.Map:
            case RespKind.Set:
            case RespKind.Push:
            case RespKind.Attribute:
                return TryReadAggregate(kind, position, out token, out next, out needed);

            default:
                ThrowByte(position, "the mark of a RESP type");
                return false;
        }
    }

    private readonly bool TryReadLine(RespKind kind, int position, out RespToken token, out int next, out long needed)
    {
        token = default;
        next = position;
        needed = _buffer.Length + 1L;

        var start = position + 1;
        var rest = _buffer[start..];
        var window = rest.Length > _limits.MaxLineLength ? rest[..(_limits.MaxLineLength + 1)] : rest;
        var length = window.IndexOf((byte)'\r');
        if (length < 0)
        {
            if (rest.Length > _limits.MaxLineLength)
                Throw(position, $"a line of at most {Text(_limits.MaxLineLength)} bytes", "a longer one");
            return false;
        }

        if (length + 1 >= rest.Length)
            return false;

        if (rest[length + 1] != '\n')
            ThrowByte(start + length + 1, "a line feed after the carriage return");

        next = start + length + LineEnd;
        var text = rest[..length];
        token = new RespToken(kind, text, ReadLineValue(kind, text, start));
        return true;
    }

    private readonly long ReadLineValue(RespKind kind, ReadOnlySpan<byte> text, int start)
    {
        switch (kind)
        {
            case RespKind.Null when text.Length != 0:
                Throw(start, "nothing between the mark of null and the line's end", $"{Text(text.Length)} bytes");
                return 0;

            case RespKind.Boolean:
                if (text.Length != 1 || text[0] is not ((byte)'t' or (byte)'f'))
                    Throw(start, "a boolean, t or f", "something else");
                return text[0] == 't' ? 1 : 0;

            case RespKind.Double:
                if (!RespNumber.TryParse(text, out double number))
                    Throw(start, "a double", "something else");
                return BitConverter.DoubleToInt64Bits(number);

            case RespKind.BigNumber:
                var digits = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
                if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                    Throw(start, "an integer", "something else");
                return 0;

            default:
                return 0;
        }
    }

    private readonly bool TryReadBulk(
        RespKind kind,
        int position,
        bool withBody,
        out RespToken token,
        out int next,
        out long needed
    )
    {
        token = default;
        if (!TryReadNumber(position + 1, out var length, out next, out needed))
            return false;

        if (length == -1 && kind == RespKind.BulkString)
        {
            token = new RespToken(RespKind.Null, default, 0);
            return true;
        }

        if (length < 0 || length > _limits.MaxBulkLength)
            Throw(position + 1, $"a length from 0 to {Text(_limits.MaxBulkLength)}", Text(length));
        if (kind == RespKind.VerbatimString && length < VerbatimPrefix)
            Throw(position + 1, "a verbatim string's length, 4 or more", Text(length));

        if (!withBody)
        {
            token = new RespToken(kind, default, length);
            return true;
        }

        needed = next + length + LineEnd;
        if (needed > _buffer.Length)
            return false;

        var body = _buffer.Slice(next, (int)length);
        var end = next + (int)length;
        if (_buffer[end] != '\r' || _buffer[end + 1] != '\n')
            ThrowByte(_buffer[end] == '\r' ? end + 1 : end, "a line's end after the bulk's last byte");

        if (kind == RespKind.VerbatimString)
        {
            if (body[VerbatimPrefix - 1] != ':')
                ThrowByte(next + VerbatimPrefix - 1, "a colon after the verbatim string's format");
            body = body[VerbatimPrefix..];
        }

        token = new RespToken(kind, body, length);
        next = end + LineEnd;
        return true;
    }

    private readonly bool TryReadAggregate(
        RespKind kind,
        int position,
        out RespToken token,
        out int next,
        out long needed
    )
    {
        token = default;
        if (!TryReadNumber(position + 1, out var count, out next, out needed))
            return false;

        if (count == -1 && kind == RespKind.Array)
        {
            token = new RespToken(RespKind.Null, default, 0);
            return true;
        }

        if (count < 0 || count > _limits.MaxAggregateCount)
            Throw(position + 1, $"a count from 0 to {Text(_limits.MaxAggregateCount)}", Text(count));

        var values = kind is RespKind.Map or RespKind.Attribute ? count * 2 : count;
        if (values > int.MaxValue)
            Throw(position + 1, $"at most {Text(int.MaxValue)} values", Text(values));

        token = new RespToken(kind, default, values);
        return true;
    }

    // A number and its line's end. Hand-written: it is in front of every bulk, and it ends a hostile line after 20 bytes.
    private readonly bool TryReadNumber(int start, out long number, out int next, out long needed)
    {
        number = 0;
        next = start;
        needed = _buffer.Length + 1L;
        var position = start;
        if (position >= _buffer.Length)
            return false;

        var negative = _buffer[position] == '-';
        if (negative || _buffer[position] == '+')
            position++;

        var digits = 0;
        ulong value = 0;
        for (; position < _buffer.Length; position++, digits++)
        {
            var digit = (uint)(_buffer[position] - '0');
            if (digit > 9)
                break;
            if (digits == MaxDigits)
                Throw(start, "a number of 64 bits", "a longer one");
            value = (value * 10) + digit;
        }

        if (position >= _buffer.Length)
            return false;
        if (digits == 0 || _buffer[position] != '\r')
            ThrowByte(position, digits == 0 ? "a digit" : "a digit or the line's end");
        if (position + 1 >= _buffer.Length)
            return false;
        if (_buffer[position + 1] != '\n')
            ThrowByte(position + 1, "a line feed after the carriage return");
        if (value > (negative ? 1UL << 63 : long.MaxValue))
            Throw(start, "a number of 64 bits", "a greater one");

        number = negative ? unchecked(-(long)value) : (long)value;
        next = position + LineEnd;
        return true;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [DoesNotReturn]
    private readonly void Throw(int position, string expected, string found) =>
        throw new ProtocolException(_offset + position, expected, found);

    [DoesNotReturn]
    private readonly void ThrowByte(int position, string expected) =>
        Throw(position, expected, string.Create(CultureInfo.InvariantCulture, $"byte 0x{_buffer[position]:x2}"));
}
