using Godwit.Migration;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>What is asked of a <see cref="ShardedView"/>, and how.</summary>
/// <param name="Mode">What is compared.</param>
/// <param name="HasExpireTime">Its servers have PEXPIRETIME (7.0).</param>
/// <param name="GivesStrings">Its servers give short strings as such.</param>
/// <param name="IsTarget">What its primaries do not have alike is to be told.</param>
/// <param name="Round">Names that come together.</param>
/// <param name="Log">Is told of slots that move.</param>
/// <param name="TimeProvider">The clock.</param>
internal sealed record ShardedViewSettings(
    VerifyMode Mode,
    bool HasExpireTime,
    bool GivesStrings,
    bool IsTarget,
    int Round,
    IMigrationLog Log,
    TimeProvider TimeProvider
);
