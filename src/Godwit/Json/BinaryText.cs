using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Godwit.Json;

/// <summary>
/// Bytes as a JSON string and back, without loss. Valid UTF-8 stands as itself. Anything else, and text that itself begins
/// with <c>base64:</c>, is written as <c>base64:</c> and the bytes in Base64.
/// </summary>
internal static class BinaryText
{
    private const string Prefix = "base64:";

    /// <summary>True if the bytes can stand in JSON as they are.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.StartsWith("base64:"u8);

    /// <summary>The bytes as text.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) =>
        IsPlain(bytes) ? Encoding.UTF8.GetString(bytes) : Prefix + Convert.ToBase64String(bytes);

    /// <summary>The bytes that <see cref="Encode"/> made the text of.</summary>
    /// <exception cref="FormatException">The text begins with <c>base64:</c> and what follows is no Base64.</exception>
    public static byte[] Decode(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal)
            ? Convert.FromBase64String(text[Prefix.Length..])
            : Encoding.UTF8.GetBytes(text);

    /// <summary>Writes the bytes as a JSON string.</summary>
    public static void WriteValue(Utf8JsonWriter writer, ReadOnlySpan<byte> bytes)
    {
        if (IsPlain(bytes))
            writer.WriteStringValue(bytes);
        else
            writer.WriteStringValue(Prefix + Convert.ToBase64String(bytes));
    }

    /// <summary>Writes the bytes as a JSON property's name.</summary>
    public static void WriteName(Utf8JsonWriter writer, ReadOnlySpan<byte> bytes)
    {
        if (IsPlain(bytes))
            writer.WritePropertyName(bytes);
        else
            writer.WritePropertyName(Prefix + Convert.ToBase64String(bytes));
    }
}
