namespace Godwit.IntegrationTests.Servers.Faults;

/// <summary>Which way bytes go through a <see cref="FaultProxy"/>.</summary>
internal enum Direction
{
    ToServer,
    ToClient,
}
