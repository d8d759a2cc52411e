using System.Globalization;
using System.Text.Unicode;

namespace Godwit.Protocol.Rdb;

/// <summary>The id of a stream's entry.</summary>
/// <param name="Milliseconds">Unix time in milliseconds, unless its writer chose otherwise.</param>
/// <param name="Sequence">Tells entries of one millisecond apart.</param>
public readonly record struct StreamId(ulong Milliseconds, ulong Sequence) : IComparable<StreamId>, IUtf8SpanFormattable
{
    /// <inheritdoc/>
    public int CompareTo(StreamId other)
    {
        var order = Milliseconds.CompareTo(other.Milliseconds);
        return order != 0 ? order : Sequence.CompareTo(other.Sequence);
    }

    /// <summary>As commands write it: <c>milliseconds-sequence</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");

    /// <inheritdoc/>
    public bool TryFormat(
        Span<byte> utf8Destination,
        out int bytesWritten,
        ReadOnlySpan<char> format,
        IFormatProvider? provider
    ) => Utf8.TryWrite(utf8Destination, CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}", out bytesWritten);

    /// <summary>Earlier than.</summary>
    public static bool operator <(StreamId left, StreamId right) => left.CompareTo(right) < 0;

    /// <summary>Later than.</summary>
    public static bool operator >(StreamId left, StreamId right) => left.CompareTo(right) > 0;

    /// <summary>Earlier than, or the same.</summary>
    public static bool operator <=(StreamId left, StreamId right) => left.CompareTo(right) <= 0;

    /// <summary>Later than, or the same.</summary>
    public static bool operator >=(StreamId left, StreamId right) => left.CompareTo(right) >= 0;
}
