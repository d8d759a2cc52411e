using Godwit.Protocol;

namespace Godwit.Live.Lanes;

/// <summary>
/// A server of the target went away, or is another one now: all lanes begin anew from what the target's records say. Never shown to
/// a user, unless it does not come back.
/// </summary>
internal sealed class LaneInterruptedException(GodwitException cause)
    : GodwitException(cause.Message, cause.WhatToDo, cause)
{
    /// <summary>What happened.</summary>
    public GodwitException Cause => cause;
}
