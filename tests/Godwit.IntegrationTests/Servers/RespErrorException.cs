namespace Godwit.IntegrationTests.Servers;

/// <summary>An error reply to a command that a test expects to succeed.</summary>
public sealed class RespErrorException(string message) : Exception(message);
