using System.Globalization;
using Godwit.Protocol;

namespace Godwit.Live.Lanes;

/// <summary>The target says that it is not as far as it has said before: it has lost what it had confirmed.</summary>
internal sealed class TargetLostChangesException(string target, long known, long? found)
    : GodwitException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{target} has lost changes that it had confirmed: it was at offset {known} and is now at {(found is { } offset ? offset : "none")}"
        ),
        "It was restored from an older copy, or restarted without having saved. Find out which; then go on with --resume --yes, which replays what is missing or copies anew."
    );
