using System.Globalization;

namespace Godwit.Protocol.Rdb.Packed;

/// <summary>An element of a packed value: bytes, or an integer that stands for its decimal text.</summary>
internal readonly ref struct PackedElement
{
    /// <summary>The longest text of a 64-bit integer: -9223372036854775808.</summary>
    public const int LongestInteger = 20;

    private readonly ReadOnlySpan<byte> _bytes;

    public PackedElement(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public PackedElement(long integer)
    {
        Integer = integer;
        IsInteger = true;
    }

    public bool IsInteger { get; }

    public long Integer { get; }

    /// <summary>The element's bytes, those of an integer written to <paramref name="scratch"/>.</summary>
    public ReadOnlySpan<byte> Text(Span<byte> scratch)
    {
        if (!IsInteger)
            return _bytes;
        Integer.TryFormat(scratch, out var written, provider: CultureInfo.InvariantCulture);
        return scratch[..written];
    }

    /// <summary>The element as a score.</summary>
    public double Score(long offset) => IsInteger ? Integer : TextScore.Parse(_bytes, offset);
}
