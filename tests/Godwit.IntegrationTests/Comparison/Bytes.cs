using System.Globalization;
using System.Text;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>Bytes held as text, one character a byte, so that they compare, sort and hash without more ado.</summary>
internal static class Bytes
{
    /// <summary>Stands between parts of one text: no byte looks like it.</summary>
    public const char Separator = '\u0100';

    private const int ShownCharacters = 60;

    public static string Text(object? reply) => Encoding.Latin1.GetString((byte[])reply!);

    /// <summary>For a message: printable, quoted, and cut where it is long.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text.Length <= ShownCharacters ? text : text[..ShownCharacters])
        {
            if (character == Separator)
                quoted.Append("\" / \"");
            else if (character is >= ' ' and <= '~' and not ('"' or '\\'))
                quoted.Append(character);
            else
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}");
        }

        quoted.Append('"');
        if (text.Length > ShownCharacters)
            quoted.Append(CultureInfo.InvariantCulture, $"… ({text.Length} bytes)");
        return quoted.ToString();
    }
}
