using Godwit.Batches;
using Godwit.Json;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Transform;

namespace Godwit.Targets.Json;

/// <summary>
/// Turns the entries of one batch after another into lines of JSON, in parts of bounded length: what is encoded has to be taken
/// before it goes on. It stops before a long value, which is written in slices by whoever takes the lines. Entries that
/// become no line are settled here. For one task at a time.
/// </summary>
internal sealed class JsonBatchEncoder(DatabaseMap databases, TimeProvider timeProvider) : IDisposable
{
    /// <summary>From this serialized length on a value is written in slices, for compressed it may stand for 88 times as much.</summary>
    public const int LongValue = 64 * 1024;

    // A part is as long as this, or somewhat longer.
    private const int PartLength = 512 * 1024;

    private readonly JsonEntryWriter _writer = new(databases);
    private readonly ValueDecoder _decoder = new();
    private EntryBatch? _batch;
    private int _next;

    /// <summary>The lines of the part that was encoded last.</summary>
    public JsonLineWriter Lines => _writer.Json;

    /// <summary>How many of them are keys.</summary>
    public int Keys { get; private set; }

    /// <summary>How many of them are function libraries.</summary>
    public int Functions { get; private set; }

    /// <summary>The long value that comes behind the part; null if none does.</summary>
    public LongJsonValue? Long { get; private set; }

    /// <summary>True if the batch has no further part.</summary>
    public bool IsDone => _next == _batch!.Count;

    /// <summary>Begins a batch, which stays its owner's.</summary>
    public void Begin(EntryBatch batch)
    {
        _batch = batch;
        _next = 0;
    }

    /// <summary>Encodes the next part, in place of the one before.</summary>
    /// <exception cref="TooManyErrorsException">More entries have failed than the user wants to see.</exception>
    public void EncodePart()
    {
        Lines.Taken();
        Keys = Functions = 0;
        Long = null;
        while (!IsDone && Long is null && Lines.Count < PartLength)
            Encode(_batch!, _next++);
    }

    /// <summary>True if the entry's time is over.</summary>
    public static bool HasExpired(in Entry entry, TimeProvider timeProvider) =>
        entry.ExpireAt != Entry.None && entry.ExpireAt <= timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Why a key fails that ended in this error; null if the error is not the key's.</summary>
    public static string? WhyNot(Exception exception) =>
        exception switch
        {
            RdbFormatException damage => $"the value is damaged: {damage.What} at byte {damage.Offset} of it",
            LineTooLongException => exception.Message,
            _ => null,
        };

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private void Encode(EntryBatch batch, int index)
    {
        ref readonly var entry = ref batch.Entries[index];
        if (entry.Kind == EntryKind.ModuleAux)
        {
            batch.Account.FailOrLose(
                batch,
                entry,
                Losses.ModuleAux,
                "what this module keeps beside the keys has no form in JSON"
            );
            return;
        }

        if (!batch.IsIntact(entry))
        {
            batch.Account.Fail(batch, entry, "the checksum of what the source gave is wrong");
            return;
        }

        if (HasExpired(entry, timeProvider))
        {
            batch.Account.Settle(batch, entry, Outcome.Expired);
            return;
        }

        var start = Lines.Count;
        try
        {
            if (entry.Kind == EntryKind.Function)
            {
                _writer.Function(batch, entry);
                Functions++;
            }
            else if (LongJsonValue.IsOne(entry))
            {
                Long = LongJsonValue.Check(batch, index);
            }
            else
            {
                EncodeKey(batch, entry);
                batch.Account.NoteSlot(batch, entry, Outcome.Written);
                Keys++;
            }
        }
        catch (Exception exception) when (WhyNot(exception) is { } reason)
        {
            Lines.CutTo(start);
            batch.Account.Fail(batch, entry, reason);
        }
    }

    private void EncodeKey(EntryBatch batch, in Entry entry)
    {
        if (!entry.Type.IsKnown())
            throw new RdbFormatException($"its type {(byte)entry.Type} is not known to this version", 0);

        _writer.BeginKey(batch, entry);
        _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), _writer.Sink);
        _writer.EndKey(entry);
    }
}
