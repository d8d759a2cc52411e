using Godwit.Batches;
using Godwit.Dynomite;
using Godwit.Migration;
using Godwit.Protocol.Cluster;

namespace Godwit.Sources;

/// <summary>
/// Which entries belong to what the user named. What does not belong is no part of the source and is not counted.
/// </summary>
/// <param name="database">The one database of the source's URI; null for all.</param>
/// <param name="retry">The keys to try again; null for all.</param>
/// <param name="source">The source's name in the list of those keys: the URI or path that its user named, without secrets.</param>
/// <param name="isBehindDynomite">The keys that Dynomite keeps for itself are no part of the source.</param>
internal sealed class EntryChoice(int? database, RetryList? retry, string? source = null, bool isBehindDynomite = false)
{
    /// <summary>The one database that is meant; null for all.</summary>
    public int? Database => database;

    /// <summary>The keys to try again; null for all.</summary>
    public RetryList? Retry => retry;

    /// <summary>The source's name in the list of the keys to try again.</summary>
    public string? Source => source;

    /// <summary>Keys that are to be tried again; null where all belong to it.</summary>
    public long? ExpectedKeys => retry?.Count;

    /// <summary>Which hash slots belong to it; null for all.</summary>
    public Func<int, bool>? Slots { get; init; }

    /// <summary>What is the server's rather than a database's comes from another shard of the same cluster, which has it too.</summary>
    public bool OmitsServerWide { get; init; }

    /// <summary>Keys whose time is over by then are no part of it, in Unix milliseconds. Null: they are.</summary>
    public long? OverBy { get; init; }

    /// <summary>True if a key that expires then is no part of the source.</summary>
    public bool IsOver(long expireAt) => expireAt != Entry.None && expireAt <= OverBy;

    /// <summary>True if function libraries belong to it: they are the server's, whatever database is meant.</summary>
    public bool Functions => !OmitsServerWide && (retry is null || retry.Functions);

    /// <summary>True if this function library belongs to it.</summary>
    public bool IncludesFunction(ReadOnlySpan<byte> library) =>
        Functions && (retry is null || retry.HasFunction(library));

    /// <summary>True if the key's slot belongs to it.</summary>
    public bool IncludesSlotOf(ReadOnlySpan<byte> key) => Slots is null || Slots(HashSlot.Of(key));

    /// <summary>True if this key belongs to it.</summary>
    public bool Includes(int ofDatabase, ReadOnlySpan<byte> key) =>
        (database is null || database == ofDatabase)
        && IncludesSlotOf(key)
        && !LeavesOut(key)
        && (retry is null || retry.Find(ofDatabase, key, source));

    /// <summary>True if a key of this name is no part of the source, whatever its database.</summary>
    public bool LeavesOut(ReadOnlySpan<byte> key) => isBehindDynomite && DynomiteMetadata.IsKey(key);

    /// <summary>True if what modules keep beside the keys belongs to it.</summary>
    public bool ModuleAux => !OmitsServerWide && (retry is null || retry.ModuleAux);
}
