using Godwit.Protocol.Rdb;

namespace Godwit.Batches;

/// <summary>
/// From which serialized size on a value goes in pieces, so that neither we nor the target's query buffer hold it whole, and
/// no single command holds up the target's event loop for long.
/// </summary>
/// <param name="Bytes">
/// The limit for values that a server loads in blocks: strings and lists. Default: <see cref="Default"/>. A target takes 4 MiB
/// of them in some 5 ms.
/// </param>
/// <param name="Strings">Strings too. If not, a string is always written as a whole.</param>
internal readonly record struct LargeValueLimits(long Bytes, bool Strings = true)
{
    /// <summary>4 MiB.</summary>
    public const long Default = 4 * 1024 * 1024;

    // A server inserts the elements of hashes, sets and sorted sets one by one, which takes it about as long for a sixteenth
    // of the bytes.
    private const int ElementWise = 16;

    // A stream's nodes are loaded in blocks, and what is pending in it can be written exactly only while all of it is at hand.
    private const int Streams = 16;

    /// <summary>True if a value of this type can be written in pieces, in whatever form it comes.</summary>
    public static bool ComesInPieces(RdbType type) => new LargeValueLimits(Default).For(type) is not null;

    // A value that goes whole lies in one buffer while another, of twice the length, takes its rest.
    private const int MostOfBudget = 4;

    // As little as a user can choose.
    private const long Least = 1024 * 1024;

    /// <summary>Lower limits where the values of one source have no more room than this, in bytes.</summary>
    public LargeValueLimits Within(long room) =>
        this with
        {
            Bytes = Math.Min(Bytes, Math.Max(Least, room / MostOfBudget)),
        };

    /// <summary>The limit for a value of this type, in serialized bytes; null for one that is always written as a whole.</summary>
    public long? For(RdbType type) =>
        type switch
        {
            RdbType.String => Strings ? Bytes : null,
            RdbType.List or RdbType.ListQuicklist or RdbType.ListQuicklist2 => Bytes,
            RdbType.Set
            or RdbType.SortedSet
            or RdbType.SortedSetTextScores
            or RdbType.Hash
            or RdbType.HashWithExpiries22
            or RdbType.HashWithExpiries => Bytes / ElementWise,
            RdbType.Stream or RdbType.Stream2 or RdbType.Stream3 => Bytes * Streams,

            // Packed values are small by the server's own configuration; a module's cannot be taken apart.
            _ => null,
        };
}
