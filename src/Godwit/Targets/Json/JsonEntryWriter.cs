using Godwit.Batches;
using Godwit.Json;
using Godwit.Protocol.Rdb;
using Godwit.Transform;

namespace Godwit.Targets.Json;

/// <summary>Writes what stands around a value, so that each entry becomes one line. The value goes to <see cref="Sink"/>.</summary>
internal sealed class JsonEntryWriter
{
    private readonly DatabaseMap _databases;

    public JsonEntryWriter(DatabaseMap databases)
    {
        _databases = databases;
        Sink = new JsonValueSink(Json);
    }

    /// <summary>Takes the lines.</summary>
    public JsonLineWriter Json { get; } = new();

    /// <summary>Takes the value between <see cref="BeginKey"/> and <see cref="EndKey"/>.</summary>
    public JsonValueSink Sink { get; }

    /// <summary>Begins a key's line.</summary>
    public void BeginKey(EntryBatch batch, in Entry entry)
    {
        var kind = entry.Type.Kind();
        Json.BeginObject();
        Json.Name("db"u8);
        Json.Number(_databases.Of(entry.Database));
        Json.Name("key"u8);
        Json.Binary(batch.Key(entry));
        Json.Name("type"u8);
        Json.Text(kind.NameUtf8());
        Json.Name("expiry_ms"u8);
        if (entry.ExpireAt == Entry.None)
            Json.Null();
        else
            Json.Number(entry.ExpireAt);
        Json.Name("value"u8);
        Sink.Begin(kind);
    }

    /// <summary>Ends it.</summary>
    public void EndKey(in Entry entry)
    {
        Sink.End(entry.Type.Kind());
        Json.EndObject();
        Json.EndLine();
    }

    /// <summary>Writes a function library's line.</summary>
    public void Function(EntryBatch batch, in Entry entry)
    {
        Json.BeginObject();
        Json.Name("function"u8);
        Json.Binary(batch.Key(entry));
        Json.Name("code"u8);
        Json.Binary(batch.Value(entry));
        Json.EndObject();
        Json.EndLine();
    }
}
