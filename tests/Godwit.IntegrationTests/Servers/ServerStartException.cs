namespace Godwit.IntegrationTests.Servers;

/// <summary>A server that did not come up, with what it wrote to its log.</summary>
public sealed class ServerStartException(string message) : Exception(message);
