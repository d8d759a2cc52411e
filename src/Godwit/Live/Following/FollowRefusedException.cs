using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>The source did something, or is such, that its changes cannot be passed on by the names of its keys.</summary>
internal sealed class FollowRefusedException(string message, string whatToDo) : GodwitException(message, whatToDo);
