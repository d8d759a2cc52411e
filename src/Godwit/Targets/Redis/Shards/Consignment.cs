using Godwit.Batches;

namespace Godwit.Targets.Redis.Shards;

/// <summary>Entries on their way to one server. Whoever holds it last disposes of the batch.</summary>
/// <param name="Batch">The entries, all of one lane.</param>
internal sealed record Consignment(EntryBatch Batch)
{
    /// <summary>It was sent before, and nobody knows what became of it: what the server has already may be just this.</summary>
    public bool MayBeWritten { get; init; }

    /// <summary>When it came back for the first time; null if it never did.</summary>
    public long? BackSince { get; init; }

    /// <summary>How often it came back.</summary>
    public int Returns { get; init; }

    /// <summary>Why it came back last.</summary>
    public Detour? Detour { get; init; }
}
