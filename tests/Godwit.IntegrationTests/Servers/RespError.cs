namespace Godwit.IntegrationTests.Servers;

/// <summary>A server's error reply, as one value in a tree of replies.</summary>
public sealed record RespError(string Message);
