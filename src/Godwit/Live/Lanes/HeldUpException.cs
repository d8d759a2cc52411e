using Godwit.Protocol;

namespace Godwit.Live.Lanes;

/// <summary>So much time has passed since changes were read that keys may have died at the target before they could be applied.</summary>
internal sealed class HeldUpException()
    : GodwitException(
        "It was held up for so long that keys may have expired at the target too soon",
        "Go on with --resume: they are read anew."
    );
