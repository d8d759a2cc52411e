using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Every pair of versions, read key by key.</summary>
[TakesLong]
public sealed class ScanMatrixTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.Pairs), MemberType = typeof(InstalledServers))]
    public Task Migrate_ByScan_ArrivesEqual(ServerVersion source, ServerVersion target) =>
        new PairMigration(fleet, source, target).ShouldArriveEqualAsync(Way.Scan);
}
