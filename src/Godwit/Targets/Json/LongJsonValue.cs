using Godwit.Batches;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Json;

/// <summary>
/// A value that is held whole as its server has serialized it, but not as JSON: it is decoded in slices, each of which is taken
/// before the next. Since what was taken is not to be undone, it is decoded once before, to see that it is sound.
/// </summary>
/// <param name="Index">Index of the entry in its batch.</param>
/// <param name="IsText">Of a string: it stands in JSON as itself, and not in Base64.</param>
internal sealed record LongJsonValue(int Index, bool IsText)
{
    // Compressed, it can stand for 88 times as many bytes.
    private const int SliceLength = 64 * 1024;

    /// <summary>True if the entry's value is of this length and can be decoded in slices.</summary>
    public static bool IsOne(in Entry entry) =>
        entry.Kind == EntryKind.Key
        && entry.ValueLength >= JsonBatchEncoder.LongValue
        && LargeValueLimits.ComesInPieces(entry.Type);

    /// <summary>Decodes the value to see whether it is sound.</summary>
    /// <exception cref="RdbFormatException">It is damaged.</exception>
    public static LongJsonValue Check(EntryBatch batch, int index)
    {
        ref readonly var entry = ref batch.Entries[index];
        var sink = new JsonValueCheck();
        using var decoder = new PieceDecoder();
        decoder.Start(entry.Type, batch.Version);
        for (var rest = batch.Value(entry); rest.Length > 0; rest = rest[Math.Min(rest.Length, SliceLength)..])
            decoder.Add(rest[..Math.Min(rest.Length, SliceLength)], sink);
        decoder.End();
        return new LongJsonValue(index, sink.IsText);
    }

    /// <summary>Writes its line.</summary>
    /// <param name="batch">Holds the entry.</param>
    /// <param name="writer">Takes the line.</param>
    /// <param name="afterSlice">Called after each slice, so that the line need not pile up.</param>
    public async ValueTask WriteAsync(EntryBatch batch, JsonEntryWriter writer, Func<ValueTask> afterSlice)
    {
        var entry = batch.Entries[Index];
        writer.BeginKey(batch, entry);
        if (entry.Type == RdbType.String)
            writer.Json.BeginString(IsText);

        using var decoder = new PieceDecoder();
        decoder.Start(entry.Type, batch.Version);
        for (var at = 0; at < entry.ValueLength; at += SliceLength)
        {
            var slice = batch.Value(entry).Slice(at, Math.Min(SliceLength, entry.ValueLength - at));
            decoder.Add(slice, writer.Sink);
            await afterSlice().ConfigureAwait(false);
        }

        decoder.End();
        if (entry.Type == RdbType.String)
            writer.Json.EndString();
        writer.EndKey(entry);
    }
}
