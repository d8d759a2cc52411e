using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Running;

public sealed class TargetClusterTests(Fleet fleet)
{
    [Fact]
    public async Task Empty_FilledLikeASourceCluster_HoldsNothing()
    {
        using var source = await fleet.BorrowSourceClusterAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetClusterAsync(ServerVersion.Redis80);
        DataSet.Fill(target.Lent.Cluster);
        ServerComparison.ShouldBeEqual(source.Lent.State, target.Lent.ReadState());

        target.Lent.Empty();

        target.Lent.ReadState().Keys.ShouldBeEmpty();
        target.Lent.ReadState().Functions.ShouldBeEmpty();
    }
}
