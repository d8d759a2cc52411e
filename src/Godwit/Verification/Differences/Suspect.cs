namespace Godwit.Verification.Differences;

/// <summary>A key that was seen to differ, and may have been caught on its way.</summary>
/// <param name="Databases">Where it is.</param>
/// <param name="Key">Its name.</param>
/// <param name="Kind">In what it differed when it was looked at last.</param>
/// <param name="Fingerprint">Tells that difference from others.</param>
/// <param name="Line">All of its report's line that stands behind the kind.</param>
internal sealed record Suspect(DatabasePair Databases, byte[] Key, DifferenceKind Kind, ulong Fingerprint, byte[] Line)
{
    /// <summary>The time before that it differed in another way.</summary>
    public bool HasMoved { get; init; }

    /// <summary>It was found at the target, and so is not counted among the source's keys.</summary>
    public bool IsOfTarget { get; init; }
}
