using Godwit.Batches;
using Godwit.Migration;

namespace Godwit.Sources;

/// <summary>
/// Which entries belong to what the user named. What does not belong is no part of the source and is not counted.
/// </summary>
/// <param name="database">The one database of the source's URI; null for all.</param>
/// <param name="retry">The keys to try again; null for all.</param>
internal sealed class EntryChoice(int? database, RetryList? retry)
{
    /// <summary>The one database that is meant; null for all.</summary>
    public int? Database => database;

    /// <summary>The keys to try again; null for all.</summary>
    public RetryList? Retry => retry;

    /// <summary>True if function libraries belong to it: they are the server's, whatever database is meant.</summary>
    public bool Functions => retry is null || retry.Functions;

    /// <summary>True if this key belongs to it.</summary>
    public bool Includes(int ofDatabase, ReadOnlySpan<byte> key) =>
        (database is null || database == ofDatabase) && (retry is null || retry.Find(ofDatabase, key));

    /// <summary>True if an entry of this kind that is no key belongs to it.</summary>
    public bool Includes(EntryKind kind) => kind == EntryKind.Function ? Functions : retry is null || retry.ModuleAux;

    /// <summary>
    /// Called once all has been read: the keys to try again that were not found have gone meanwhile, and count as expired, as
    /// they do where they are asked for by name.
    /// </summary>
    public void SettleMissing(Ledger ledger)
    {
        if (retry?.NotFound(database) is not (> 0 and var missing))
            return;

        ledger.Take(missing);
        ledger.SettleKeys(Outcome.Expired, missing);
    }
}
