using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>The source is such, or one of the two ends did something, that the job cannot go on by the names of keys.</summary>
internal sealed class FollowRefusedException(string message, string whatToDo) : GodwitException(message, whatToDo);
