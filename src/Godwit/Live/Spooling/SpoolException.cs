using Godwit.Protocol;

namespace Godwit.Live.Spooling;

/// <summary>The spool's files cannot be used, or do not hold any more what was written to them.</summary>
internal sealed class SpoolException(string message, string whatToDo, Exception? innerException = null)
    : GodwitException(message, whatToDo, innerException);
