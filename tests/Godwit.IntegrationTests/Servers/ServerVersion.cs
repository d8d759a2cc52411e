namespace Godwit.IntegrationTests.Servers;

/// <summary>The servers that the integration tests run against. <c>eng/servers</c> fetches them.</summary>
public enum ServerVersion
{
    Redis60,
    Redis70,
    Redis80,
    Valkey81,
    Valkey91,
}
