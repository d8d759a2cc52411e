using Godwit.Batches;
using Godwit.Migration;
using Godwit.Migration.Throttle;

namespace Godwit.Sources.Scan;

/// <summary>What reading keys one by one takes.</summary>
/// <param name="Account">Where keys are settled.</param>
/// <param name="Budget">Gives the buffers.</param>
/// <param name="Pace">How fast keys and bytes may come.</param>
/// <param name="HasExpireTime">The server has PEXPIRETIME (7.0).</param>
/// <param name="Round">Keys that are asked for at a time, at most.</param>
/// <param name="LargeKeys">Reads large values in pieces; null where all are read as a whole.</param>
/// <param name="ShortStrings">Reads short strings by their own command; null where that is not possible.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Given">
/// What was given a short while ago is passed over: where keys that the target has are failures, a second reading could find another
/// value than the first, which the target then has. Null where that is written once more.
/// </param>
internal sealed record ScanParts(
    Account Account,
    BufferBudget Budget,
    SourcePace Pace,
    bool HasExpireTime,
    int Round,
    LargeKeyReader? LargeKeys,
    ShortStringReader? ShortStrings,
    TimeProvider TimeProvider,
    RecentNames? Given
);
