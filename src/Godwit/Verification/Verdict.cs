namespace Godwit.Verification;

/// <summary>What is known of one key after both sides were read.</summary>
internal enum Verdict
{
    /// <summary>Both sides have it, and it is the same.</summary>
    Equal,

    /// <summary>Neither side has it any more.</summary>
    Gone,

    /// <summary>It differs, or whether it does cannot be told.</summary>
    Different,
}
