using Godwit.Protocol;

namespace Godwit.Configuration;

/// <summary>What the user asked for cannot be done as it is written. Nothing was touched; trying again changes nothing.</summary>
internal sealed class ConfigurationException : GodwitException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong, and why. Never a password: show a URI through <see cref="Endpoints.UriSecrets"/>.</param>
    /// <param name="whatToDo">How to write it instead.</param>
    /// <param name="innerException">The cause, shown with <c>--verbose</c> alone.</param>
    public ConfigurationException(string message, string? whatToDo = null, Exception? innerException = null)
        : base(message, whatToDo, innerException) { }
}
