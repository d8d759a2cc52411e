namespace Godwit.IntegrationTests.Live.Load;

/// <summary>What the keys of a load are for. Renames, copies and stores mix them now and then.</summary>
internal enum Kind
{
    Text,
    Number,
    Float,
    Bits,
    Cardinality,
    List,
    Set,
    Numbers,
    SortedSet,
    Places,
    Hash,
    Stream,

    /// <summary>Short-lived keys that are renewed just before they expire, or just after.</summary>
    Lease,
}
