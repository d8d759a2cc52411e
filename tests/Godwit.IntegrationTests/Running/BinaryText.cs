using System.Text;

namespace Godwit.IntegrationTests.Running;

/// <summary>
/// Bytes as the program writes them into JSON: text where they are UTF-8, else <c>base64:</c> and Base64, which also stands
/// for text that begins with just that.
/// </summary>
internal static class BinaryText
{
    private const string Prefix = "base64:";
    private static readonly UTF8Encoding Strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <summary>The bytes, one character a byte. Throws where the program could have written text and did not.</summary>
    public static string Decode(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return Encoding.Latin1.GetString(Strict.GetBytes(text));

        var bytes = Convert.FromBase64String(text[Prefix.Length..]);
        if (IsPlainText(bytes))
            throw new FormatException($"{text} could have been written as text");
        return Encoding.Latin1.GetString(bytes);
    }

    private static bool IsPlainText(byte[] bytes)
    {
        try
        {
            return !Strict.GetString(bytes).StartsWith(Prefix, StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
