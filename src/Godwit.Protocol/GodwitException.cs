namespace Godwit.Protocol;

/// <summary>
/// The base of everything that Godwit throws on purpose. The message says in words for its user what happened and why;
/// <see cref="WhatToDo"/> says how to go on. Neither ever holds a key's value or a secret.
/// </summary>
public abstract class GodwitException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">One sentence of what, and one of why where the first does not say it.</param>
    /// <param name="whatToDo">One sentence of what its reader can do, or null where nothing can be said.</param>
    /// <param name="innerException">The cause, shown with <c>--verbose</c> alone.</param>
    protected GodwitException(string message, string? whatToDo = null, Exception? innerException = null)
        : base(message, innerException) => WhatToDo = whatToDo;

    /// <summary>What its reader can do, as one sentence; null where nothing can be said.</summary>
    public string? WhatToDo { get; }
}
