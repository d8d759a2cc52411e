using System.Globalization;

namespace Godwit.Protocol.Rdb;

/// <summary>Scores as text: in sorted sets up to Redis 2.x, and those that are not integers in ziplists and listpacks.</summary>
/// <remarks>Source: <c>src/rdb.c</c>, rdbLoadDoubleValue; <c>src/t_zset.c</c>, zzlStrtod.</remarks>
internal static class TextScore
{
    /// <summary>From here on a byte of length stands for NaN or an infinity, and no text follows.</summary>
    public const byte FirstSpecial = 253;

    private const byte PositiveInfinity = 254;
    private const byte NegativeInfinity = 255;

    /// <summary>Reads a score with its byte of length; false if more bytes are needed.</summary>
    public static bool TryRead(ref RdbCursor cursor, out double score)
    {
        var start = cursor.Position;
        var offset = cursor.Offset;
        score = 0;
        if (!cursor.TryReadByte(out var length))
            return false;

        switch (length)
        {
            case PositiveInfinity:
                score = double.PositiveInfinity;
                return true;
            case NegativeInfinity:
                score = double.NegativeInfinity;
                return true;
            case FirstSpecial:
                RdbThrow.Malformed("A score is not a number", offset);
                break;
        }

        if (!cursor.TryReadBytes(length, out var text))
        {
            cursor.Position = start;
            return false;
        }

        score = Parse(text, offset);
        return true;
    }

    /// <summary>Reads a text; NaN and what is no number are refused, as servers never keep such a score.</summary>
    public static double Parse(ReadOnlySpan<byte> text, long offset)
    {
        if (text.SequenceEqual("inf"u8) || text.SequenceEqual("+inf"u8))
            return double.PositiveInfinity;
        if (text.SequenceEqual("-inf"u8))
            return double.NegativeInfinity;
        if (
            !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var score)
            || double.IsNaN(score)
        )
        {
            RdbThrow.Malformed("A score is not a number", offset);
        }

        return score;
    }
}
