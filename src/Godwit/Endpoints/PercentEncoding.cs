using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>The percent-encoding of URIs (RFC 3986, 2.1).</summary>
internal static class PercentEncoding
{
    /// <summary>Decodes UTF-8.</summary>
    /// <param name="text">Maybe a secret.</param>
    /// <param name="part">What it is, for the message: <c>password</c>.</param>
    /// <exception cref="ConfigurationException">A % without two hexadecimal digits. Does not hold the text.</exception>
    public static string Decode(string text, string part)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new ConfigurationException(
                    $"The {part} of a URI holds a % that two hexadecimal digits do not follow.",
                    "Write %25 for a percent sign."
                );
            }
        }

        return Uri.UnescapeDataString(text);
    }
}
