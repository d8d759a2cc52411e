using System.Globalization;
using Godwit.Protocol;

namespace Godwit.Live.Routing;

/// <summary>
/// Two databases change places among changes of which it is not known whether they were applied. Keys that were read anew before
/// may be in the database that they are to be in only later, and nobody knows any more which those are.
/// </summary>
internal sealed class SwapTooLateException(long offset)
    : GodwitException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"The source's databases changed places (SWAPDB at offset {offset}) right where the run before broke off"
        ),
        "What the target holds can no longer be told from the changes. Go on with --resume: it is copied anew."
    );
