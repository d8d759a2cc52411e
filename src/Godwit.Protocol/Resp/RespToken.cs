namespace Godwit.Protocol.Resp;

/// <summary>One piece of a reply: a whole scalar, or the head of an aggregate whose elements follow as tokens.</summary>
public readonly ref struct RespToken
{
    private readonly long _number;

    internal RespToken(RespKind kind, ReadOnlySpan<byte> bytes, long number)
    {
        Kind = kind;
        Bytes = bytes;
        _number = number;
    }

    /// <summary>What it is.</summary>
    public RespKind Kind { get; }

    /// <summary>
    /// A scalar's text as the server sent it, without marks and line ends, and without a verbatim string's format: a slice of
    /// the reader's buffer, and only as long-lived. Empty for an aggregate and for null.
    /// </summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>An integer's value; 1 and 0 for a boolean. Zero for every other kind.</summary>
    public long Integer => Kind is RespKind.Integer or RespKind.Boolean ? _number : 0;

    /// <summary>A double's value. Zero for every other kind.</summary>
    public double Double => Kind == RespKind.Double ? BitConverter.Int64BitsToDouble(_number) : 0;

    /// <summary>The number of values that follow and belong to an aggregate, two for each pair of a map. Zero for a scalar.</summary>
    public int Count => IsAggregate ? (int)_number : 0;

    /// <summary>Bytes in a bulk string, bulk error or verbatim string (there with its format). Zero for every other kind.</summary>
    public long Length => IsBulk ? _number : 0;

    /// <summary>It is an array, map, set, push or attribute.</summary>
    public bool IsAggregate =>
        Kind is RespKind.Array or RespKind.Map or RespKind.Set or RespKind.Push or RespKind.Attribute;

    /// <summary>It has a stated length in bytes.</summary>
    public bool IsBulk => Kind is RespKind.BulkString or RespKind.BulkError or RespKind.VerbatimString;

    /// <summary>It is an error, of either form.</summary>
    public bool IsError => Kind is RespKind.Error or RespKind.BulkError;

    /// <summary>It is null, in any form.</summary>
    public bool IsNull => Kind == RespKind.Null;
}
