using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Godwit.Json;

namespace Godwit.Verification.Differences;

/// <summary>
/// A difference as a line of a report: one JSON object, bytes as <see cref="BinaryText"/> writes them. The kind stands first and
/// is added last, since it may still change.
/// </summary>
internal static class DifferenceLine
{
    /// <summary>The <c>type</c> of a function library.</summary>
    public const string FunctionType = "function";

    // Of a value no more is shown than a person reads.
    private const int MostShown = 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All of the line that stands behind the kind.</summary>
    public static byte[] OfKey(DatabasePair databases, ReadOnlySpan<byte> key, Difference difference, bool showValues)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("db", databases.Source);
            if (databases.Target != databases.Source)
                json.WriteNumber("target_db", databases.Target);
            WriteKey(json, key, difference.Type);
            if (difference.Place is { } place)
                WritePlace(json, place);
            if (difference.What is { } what)
                json.WriteString("what", what);
            if (showValues)
            {
                WriteValue(json, "source", difference.Source);
                WriteValue(json, "target", difference.Target);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan[1..].ToArray();
    }

    /// <summary>The same of a function library, which belongs to no database.</summary>
    public static byte[] OfFunction(ReadOnlySpan<byte> name)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteKey(json, name, FunctionType);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan[1..].ToArray();
    }

    /// <summary>Writes the whole line.</summary>
    public static void Write(Stream stream, DifferenceKind kind, ReadOnlySpan<byte> rest)
    {
        stream.Write("{\"kind\":\""u8);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(kind.Name()));
        stream.Write("\","u8);
        stream.Write(rest);
        stream.WriteByte((byte)'\n');
    }

    private static void WriteKey(Utf8JsonWriter json, ReadOnlySpan<byte> key, string? type)
    {
        json.WritePropertyName("key");
        BinaryText.WriteValue(json, key);
        if (type is not null)
            json.WriteString("type", type);
    }

    private static void WritePlace(Utf8JsonWriter json, Place place)
    {
        json.WriteStartObject("where");
        switch (place.Kind)
        {
            case PlaceKind.Byte:
                json.WriteNumber("byte", place.Number);
                break;
            case PlaceKind.Index:
                json.WriteNumber("index", place.Number);
                break;
            case PlaceKind.Member:
                WriteName(json, "member", place.Name);
                break;
            case PlaceKind.Field:
                WriteName(json, "field", place.Name);
                break;
            case PlaceKind.Entry:
                json.WriteString("entry", place.Id.ToString());
                break;
            case PlaceKind.Group:
                WriteName(json, "group", place.Name);
                break;
            case PlaceKind.Consumer:
                WriteName(json, "group", place.Name);
                WriteName(json, "consumer", place.Consumer);
                break;
            case PlaceKind.Pending:
                WriteName(json, "group", place.Name);
                json.WriteString("pending", place.Id.ToString());
                break;
            default:
                json.WriteString(
                    "of",
                    place.Kind switch
                    {
                        PlaceKind.LastId => "last-id",
                        PlaceKind.EntriesAdded => "entries-added",
                        PlaceKind.MaxDeletedId => "max-deleted-id",
                        _ => "length",
                    }
                );
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteName(Utf8JsonWriter json, string member, byte[]? name)
    {
        json.WritePropertyName(member);
        BinaryText.WriteValue(json, name);
    }

    private static void WriteValue(Utf8JsonWriter json, string side, byte[]? value)
    {
        json.WritePropertyName(side);
        if (value is null)
            json.WriteNullValue();
        else
            BinaryText.WriteValue(json, value.AsSpan(0, Math.Min(value.Length, MostShown)));
    }
}
