namespace Godwit.IntegrationTests.Live.Load;

/// <summary>The server is about to go, or has not come back yet.</summary>
internal sealed class ServerGoneException(string message) : Exception(message);
