using System.Buffers;
using System.Text.Json;

namespace Godwit.Live.Positions;

/// <summary>
/// What a lane keeps at the target about itself, beside the data and in the same order: how far the source's changes have been
/// applied there. Whatever happens to the target's data, a crash, a fail-over, a restored backup, happens to this too.
/// </summary>
internal sealed record PositionRecord
{
    private const int Format = 1;

    /// <summary>The job that wrote it: two jobs on one target do not take each other's for their own.</summary>
    public required string Job { get; init; }

    /// <summary>
    /// Counts the records of the job: what was sent with a record is applied if this one, or a later one, is found. Offsets
    /// would not do, since a record may say the same as the one before it.
    /// </summary>
    public required long Sequence { get; init; }

    /// <summary>The history that the offsets count in.</summary>
    public required string ReplicationId { get; init; }

    /// <summary>All changes up to this offset are applied.</summary>
    public required long Applied { get; init; }

    /// <summary>
    /// Changes from <see cref="Applied"/> up to this offset may be applied or not, each of them; none behind it is. Equal to
    /// <see cref="Applied"/> where they are written in one transaction.
    /// </summary>
    public required long Sent { get; init; }

    /// <summary>The source's database that is selected at <see cref="Applied"/>: a primary does not repeat SELECT.</summary>
    public required int Database { get; init; }

    /// <summary>False while the snapshot is being written: what is there is a part of it.</summary>
    public required bool HasSnapshot { get; init; }

    /// <summary>The value that stands at the target.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteNumber("godwit"u8, Format);
        writer.WriteString("job"u8, Job);
        writer.WriteNumber("seq"u8, Sequence);
        writer.WriteString("id"u8, ReplicationId);
        writer.WriteNumber("applied"u8, Applied);
        writer.WriteNumber("sent"u8, Sent);
        writer.WriteNumber("db"u8, Database);
        writer.WriteBoolean("snapshot"u8, HasSnapshot);
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; null if it is something else, or of a later version.</summary>
    public static PositionRecord? TryParse(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.GetProperty("godwit").GetInt32() != Format)
                return null;

            return new PositionRecord
            {
                Job = root.GetProperty("job").GetString()!,
                Sequence = root.GetProperty("seq").GetInt64(),
                ReplicationId = root.GetProperty("id").GetString()!,
                Applied = root.GetProperty("applied").GetInt64(),
                Sent = root.GetProperty("sent").GetInt64(),
                Database = root.GetProperty("db").GetInt32(),
                HasSnapshot = root.GetProperty("snapshot").GetBoolean(),
            };
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
