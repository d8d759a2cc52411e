using Godwit.Verification.Differences;

namespace Godwit.Verification;

/// <summary>Takes what was found out about each key. For one caller at a time.</summary>
internal interface IVerdicts
{
    /// <summary>Both sides have the key, and it is the same.</summary>
    void Equal(byte[] key);

    /// <summary>Neither side has the key any more.</summary>
    void Gone(byte[] key);

    /// <summary>The key differs, or whether it does cannot be told.</summary>
    void Different(DatabasePair databases, byte[] key, Difference difference);
}
