using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Every pair of versions, from the file that the source saved.</summary>
[TakesLong]
public sealed class FileMatrixTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.Pairs), MemberType = typeof(InstalledServers))]
    public Task Migrate_FromFile_ArrivesEqual(ServerVersion source, ServerVersion target) =>
        new PairMigration(fleet, source, target).ShouldArriveEqualAsync(Way.File);
}
