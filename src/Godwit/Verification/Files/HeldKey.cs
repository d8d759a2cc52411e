using Godwit.Batches;
using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Files;

/// <summary>A key of a file that is kept while the other file is read.</summary>
/// <param name="Database">Number of its database.</param>
/// <param name="Key">Its name.</param>
/// <param name="Type">How its value is serialized.</param>
/// <param name="Version">In which version.</param>
/// <param name="ExpireAt">When it expires, in Unix milliseconds, or <see cref="Entry.None"/>.</param>
/// <param name="Value">The serialized value; null of one that is too large to be held.</param>
/// <param name="Summary">Stands for that; null of one that is held.</param>
internal sealed record HeldKey(
    int Database,
    byte[] Key,
    RdbType Type,
    RdbVersion Version,
    long ExpireAt,
    byte[]? Value,
    ContentSummary? Summary
)
{
    // What a key takes in a dictionary beyond its bytes.
    private const int Overhead = 256;

    /// <summary>Bytes of memory that such a key takes.</summary>
    public static long SizeOf(EntryBatch batch, in Entry entry) =>
        Overhead + entry.KeyLength + (batch.Large is null ? entry.ValueLength : 0);
}
