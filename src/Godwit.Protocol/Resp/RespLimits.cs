namespace Godwit.Protocol.Resp;

/// <summary>Caps on what comes from the wire, so that a broken or hostile server is an error and never a full memory.</summary>
public sealed record RespLimits
{
    private const long Mebibyte = 1024 * 1024;

    /// <summary>The limits that hold where none are given.</summary>
    public static RespLimits Default { get; } = new();

    /// <summary>
    /// Longest bulk string, in bytes. Default: 513 MiB. A string is at most 512 MiB long
    /// (<c>src/config.c, proto-max-bulk-len</c>); the rest is room for what DUMP puts around it.
    /// </summary>
    public long MaxBulkLength { get; init; } = 513 * Mebibyte;

    /// <summary>
    /// Most elements of one array, set or push; most pairs of a map. Default: 16 Mi. Nobody asks for so many at once, and
    /// the count of all that is still to come stays far from an overflow.
    /// </summary>
    public int MaxAggregateCount { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Most levels of values in values in a <see cref="RespValue"/>. Default: 128. Real replies have fewer than ten; the tree
    /// is built by recursion, and this keeps it off the stack's end.
    /// </summary>
    public int MaxDepth { get; init; } = 128;

    /// <summary>
    /// Longest line (simple string, error, number), in bytes without its end. Default: 64 KiB. A server keeps these to one
    /// short sentence; what is longer has lost its line end.
    /// </summary>
    public int MaxLineLength { get; init; } = 64 * 1024;
}
