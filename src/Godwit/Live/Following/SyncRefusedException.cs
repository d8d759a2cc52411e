using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>The source does not let us join as a replica. Nothing was done yet.</summary>
internal sealed class SyncRefusedException(GodwitException cause)
    : GodwitException(cause.Message, cause.WhatToDo, cause);
