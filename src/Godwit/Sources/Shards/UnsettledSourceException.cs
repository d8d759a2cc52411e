using Godwit.Protocol;

namespace Godwit.Sources.Shards;

/// <summary>A cluster changes more than can be followed, or does not come back.</summary>
internal sealed class UnsettledSourceException(string message, string whatToDo, Exception? innerException = null)
    : GodwitException(message, whatToDo, innerException);
