namespace Godwit.Verification;

/// <summary>What was found of the keys.</summary>
/// <param name="Compared">Keys of the source that were looked at.</param>
/// <param name="Equal">Those of them that the target has just so.</param>
/// <param name="Missing">Those that the target lacks.</param>
/// <param name="Extra">Keys that only the target has.</param>
/// <param name="Type">Those of another type.</param>
/// <param name="Value">Those with another value.</param>
/// <param name="Ttl">Those that expire at another time.</param>
/// <param name="Moving">Those that differed in another way each time.</param>
/// <param name="Unknown">Those of which it cannot be told.</param>
/// <param name="Repaired">Those that differed, and are equal since the repair.</param>
internal readonly record struct VerifiedKeys(
    long Compared,
    long Equal,
    long Missing,
    long Extra,
    long Type,
    long Value,
    long Ttl,
    long Moving,
    long Unknown,
    long Repaired
)
{
    /// <summary>Keys that differ, or did before the repair.</summary>
    public long Different => Missing + Extra + Type + Value + Ttl;
}

/// <summary>What was found of the function libraries.</summary>
/// <param name="Compared">Libraries of the source.</param>
/// <param name="Different">Libraries that one side lacks, or that differ.</param>
/// <param name="Repaired">Those that differed, and are equal since the repair.</param>
internal readonly record struct VerifiedFunctions(long Compared, long Different, long Repaired);
