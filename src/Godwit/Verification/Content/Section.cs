namespace Godwit.Verification.Content;

/// <summary>What a row of an <see cref="ElementTable"/> is, in the order in which differences are looked for.</summary>
internal enum Section : byte
{
    String,
    Element,
    Member,
    ScoredMember,
    Field,
    Entry,
    LastId,
    EntriesAdded,
    MaxDeletedId,
    Group,
    Consumer,
    Pending,
    Module,
}

/// <summary>One part of a value, as offsets into its table.</summary>
/// <param name="Section">What it is.</param>
/// <param name="KeyStart">Start of what it is found by: the member, the field, an id; for a list's element nothing.</param>
/// <param name="KeyLength">Bytes of that.</param>
/// <param name="ValueStart">Start of what belongs to it.</param>
/// <param name="ValueLength">Bytes of that.</param>
internal readonly record struct Row(Section Section, int KeyStart, int KeyLength, int ValueStart, int ValueLength)
{
    /// <summary>A score's bits, an expiry, a counter, when it was delivered.</summary>
    public long Number { get; init; }

    /// <summary>How often it was delivered.</summary>
    public ulong Deliveries { get; init; }

    /// <summary>The number is not kept by the version that wrote the value, so it differs from none.</summary>
    public bool IsNumberUnknown { get; init; }
}
