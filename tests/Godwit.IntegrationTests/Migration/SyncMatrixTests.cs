using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Every pair of versions, read as a replica reads.</summary>
[TakesLong]
public sealed class SyncMatrixTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.Pairs), MemberType = typeof(InstalledServers))]
    public Task Migrate_BySync_ArrivesEqual(ServerVersion source, ServerVersion target) =>
        new PairMigration(fleet, source, target).ShouldArriveEqualAsync(Way.Sync);
}
