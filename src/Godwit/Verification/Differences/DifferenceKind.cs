namespace Godwit.Verification.Differences;

/// <summary>In what two keys differ.</summary>
internal enum DifferenceKind
{
    /// <summary>The target does not have it.</summary>
    Missing,

    /// <summary>Only the target has it.</summary>
    Extra,

    /// <summary>They are of different types.</summary>
    Type,

    /// <summary>Their values differ.</summary>
    Value,

    /// <summary>They, or fields of theirs, expire at different times.</summary>
    Ttl,

    /// <summary>They differ, and not in the same way each time they were looked at.</summary>
    Moving,

    /// <summary>Whether they differ cannot be told.</summary>
    Unknown,
}

/// <summary>How the kinds are called.</summary>
internal static class DifferenceKinds
{
    /// <summary>The word for it in reports.</summary>
    public static string Name(this DifferenceKind kind) =>
        kind switch
        {
            DifferenceKind.Missing => "missing",
            DifferenceKind.Extra => "extra",
            DifferenceKind.Type => "type",
            DifferenceKind.Value => "value",
            DifferenceKind.Ttl => "ttl",
            DifferenceKind.Moving => "moving",
            _ => "unknown",
        };

    /// <summary>True of what was seen to differ, for certain.</summary>
    public static bool IsCertain(this DifferenceKind kind) =>
        kind is not (DifferenceKind.Moving or DifferenceKind.Unknown);
}
