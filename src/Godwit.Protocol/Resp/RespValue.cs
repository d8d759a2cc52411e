using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Godwit.Protocol.Resp;

/// <summary>
/// A whole reply, copied off the buffer: what INFO, HELLO and the like answer. Not for values: each of its parts is an object.
/// </summary>
public sealed class RespValue
{
    // A mark and a line's end, such as "_\r\n": what bounds an aggregate's count by the bytes behind it.
    private const int ShortestToken = 3;

    private readonly long _integer;
    private readonly double _double;

    private RespValue(in RespToken token, IReadOnlyList<RespValue> items)
    {
        Kind = token.Kind;
        Bytes = token.Bytes.ToArray();
        Items = items;
        _integer = token.Integer;
        _double = token.Double;
    }

    /// <summary>What it is. Never <see cref="RespKind.Attribute"/>.</summary>
    public RespKind Kind { get; }

    /// <summary>A scalar's bytes, as in <see cref="RespToken.Bytes"/>.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>An aggregate's elements; of a map its keys and values by turns. Empty for a scalar.</summary>
    public IReadOnlyList<RespValue> Items { get; }

    /// <summary>It is null, in any form.</summary>
    public bool IsNull => Kind == RespKind.Null;

    /// <summary>It is an error, of either form.</summary>
    public bool IsError => Kind is RespKind.Error or RespKind.BulkError;

    /// <summary>The bytes as UTF-8; a byte that is none shows as U+FFFD. Empty for an aggregate and for null.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>An integer, a boolean as 1 or 0, or text that spells an integer: older servers answer with that.</summary>
    /// <exception cref="ProtocolException">It is none of these.</exception>
    public long Integer
    {
        get
        {
            if (Kind is RespKind.Integer or RespKind.Boolean)
                return _integer;
            if (RespNumber.TryParse(Bytes.Span, out long number))
                return number;
            return ThrowKind<long>("an integer");
        }
    }

    /// <summary>A double, an integer, or text that spells a double: RESP2 has no type for it.</summary>
    /// <exception cref="ProtocolException">It is none of these.</exception>
    public double Double
    {
        get
        {
            if (Kind == RespKind.Double)
                return _double;
            if (Kind == RespKind.Integer)
                return _integer;
            if (RespNumber.TryParse(Bytes.Span, out double number))
                return number;
            return ThrowKind<double>("a double");
        }
    }

    /// <summary>
    /// The value under <paramref name="key"/> in a map, or in an array of keys and values by turns, which is what RESP2 has
    /// instead; null where it is not there.
    /// </summary>
    public RespValue? this[string key]
    {
        get
        {
            for (var i = 0; i + 1 < Items.Count; i += 2)
            {
                if (string.Equals(Items[i].Text, key, StringComparison.Ordinal))
                    return Items[i + 1];
            }

            return null;
        }
    }

    /// <summary>Copies one whole reply from the buffer's start, without the attributes in it.</summary>
    /// <param name="buffer">What has come so far.</param>
    /// <param name="value">The reply.</param>
    /// <param name="consumed">The bytes that it took.</param>
    /// <param name="limits">Caps on lengths and depth; null for <see cref="RespLimits.Default"/>.</param>
    /// <param name="offset">What came before the buffer, in bytes: errors count from there.</param>
    /// <returns>False if more data is needed.</returns>
    /// <exception cref="ProtocolException">This is not RESP, or is beyond a limit.</exception>
    public static bool TryParse(
        ReadOnlySpan<byte> buffer,
        [NotNullWhen(true)] out RespValue? value,
        out int consumed,
        RespLimits? limits = null,
        long offset = 0
    )
    {
        value = null;

        // Measured first, so that every count is one of elements that are really there.
        var measure = new ReplyMeasure();
        if (!measure.TryMeasure(buffer, out consumed, limits, offset))
            return false;

        value = Parse(buffer[..consumed], limits, offset);
        return true;
    }

    /// <summary>Copies a reply that is known to be whole, such as by <see cref="ReplyMeasure"/>.</summary>
    /// <param name="reply">From the reply's first byte to its last.</param>
    /// <param name="limits">Caps on lengths and depth; null for <see cref="RespLimits.Default"/>.</param>
    /// <param name="offset">What came before it, in bytes: errors count from there.</param>
    /// <exception cref="ProtocolException">This is not RESP, is beyond a limit, or is not just one whole reply.</exception>
    public static RespValue Parse(ReadOnlySpan<byte> reply, RespLimits? limits = null, long offset = 0)
    {
        limits ??= RespLimits.Default;
        var reader = new RespReader(reply, limits, offset);
        var value = Read(ref reader, limits, reply.Length, offset, depth: 1);
        if (reader.Consumed != reply.Length)
            throw new ProtocolException(offset + reader.Consumed, "the reply's end", "more");
        return value;
    }

    /// <summary>What it is, without what it holds: this may reach a log.</summary>
    public override string ToString() =>
        Items.Count > 0 ? $"{Kind} of {Items.Count}" : $"{Kind} of {Bytes.Length} bytes";

    private static RespValue Read(ref RespReader reader, RespLimits limits, int length, long offset, int depth)
    {
        if (depth > limits.MaxDepth)
            throw new ProtocolException(offset + reader.Consumed, $"at most {limits.MaxDepth} levels", "more");

        if (!reader.TryRead(out var token) || token.Count > (length - reader.Consumed) / ShortestToken)
            throw new ProtocolException(offset + reader.Consumed, "a value", "the reply's end");

        if (token.Count == 0)
            return new RespValue(token, []);

        var items = new RespValue[token.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = Read(ref reader, limits, length, offset, depth + 1);
        return new RespValue(token, items);
    }

    [DoesNotReturn]
    private T ThrowKind<T>(string expected) => throw new ProtocolException(0, expected, $"{Kind}");
}
