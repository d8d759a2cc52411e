using Godwit.Protocol;

namespace Godwit.Cli.Demo;

/// <summary>The demo cannot be shown on this machine as it is.</summary>
internal sealed class DemoException(string message, string? whatToDo = null, Exception? innerException = null)
    : GodwitException(message, whatToDo, innerException);
