using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Godwit.Protocol.Resp;

/// <summary>Numbers as text, as servers write them in replies.</summary>
public static class RespNumber
{
    /// <summary>Reads the whole text as an integer.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long number) =>
        Utf8Parser.TryParse(text, out number, out var consumed) && consumed == text.Length;

    /// <summary>As <see cref="TryParse(ReadOnlySpan{byte}, out double)"/>.</summary>
    /// <exception cref="ProtocolException">It is no double.</exception>
    public static double ParseDouble(ReadOnlySpan<byte> text) =>
        TryParse(text, out double number)
            ? number
            : throw new ProtocolException(0, "a double", $"{text.Length} bytes of something else");

    /// <summary>Reads the whole text as a double: <c>inf</c>, <c>-inf</c> and <c>nan</c> as C's <c>printf</c> writes them.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double number)
    {
        var unsigned = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (unsigned.IsEmpty)
        {
            number = 0;
            return false;
        }

        // What begins with a letter is one of three words; .NET's own spellings of them are not the protocol's.
        if (!char.IsAsciiLetter((char)unsigned[0]))
            return double.TryParse(
                text,
                NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture,
                out number
            );

        var sign = text[0] == '-' ? -1 : 1;
        if (Ascii.EqualsIgnoreCase(unsigned, "inf"u8) || Ascii.EqualsIgnoreCase(unsigned, "infinity"u8))
        {
            number = sign * double.PositiveInfinity;
            return true;
        }

        number = double.NaN;
        return Ascii.EqualsIgnoreCase(unsigned, "nan"u8);
    }
}
