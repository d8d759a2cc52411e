using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Migration.Clusters;

/// <summary>Clusters into clusters whose slots lie elsewhere.</summary>
public sealed class ClusterPairTests(Fleet fleet) : IDisposable
{
    private readonly GodwitProcess _godwit = new();

    public void Dispose() => _godwit.Dispose();

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, "sync")]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80, "scan")]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80, "sync")]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, "sync")]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91, "scan")]
    public async Task Migrate_IntoOtherSlots_ArrivesEqual(ServerVersion from, ServerVersion to, string read)
    {
        using var source = await fleet.BorrowSourceClusterAsync(from);
        using var target = await fleet.BorrowTargetClusterAsync(to);

        var result = await _godwit.RunAsync(["migrate", source.Lent.Uri, target.Lent.Uri, "--read", read, "--json"]);

        result.ShouldHaveEnded(0);
        var count = source.Lent.State.Keys.Count;
        result.Keys.ShouldBe(new(Read: count, Written: count, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        ServerComparison.ShouldBeEqual(
            source.Lent.State,
            target.Lent.ReadState(),
            new() { IgnoreEntriesRead = from == ServerVersion.Redis70 && read is "scan" }
        );
    }

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Migrate_BothByTlsAndAclUsers_ArrivesEqual(ServerVersion version)
    {
        using var certificates = new TestCertificates();
        var reader = new AclUser("reader", "the reader's secret", "~* +@all");
        var writer = new AclUser("writer", "the writer's secret", "~* +@all");
        await using var source = await TestCluster.StartAsync(version, new() { Tls = certificates, Users = [reader] });
        DataSet.Fill(source);
        var state = ClusterStateReader.Read(source);
        await using var target = await TestCluster.StartAsync(
            version,
            new()
            {
                Primaries = 5,
                Slots = SlotDivision.Uneven(5),
                Tls = certificates,
                Users = [writer],
                RequireClientCertificate = true,
            }
        );
        _godwit.Environment["GODWIT_SOURCE_PASSWORD"] = reader.Password;
        _godwit.Environment["GODWIT_TARGET_PASSWORD"] = writer.Password;

        var result = await _godwit.RunAsync([
            "migrate",
            UriOf(source, reader),
            UriOf(target, writer),
            "--tls-ca",
            certificates.AuthorityFile,
            "--target-tls-cert",
            certificates.ClientCertificateFile,
            "--target-tls-key",
            certificates.ClientKeyFile,
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(state.Keys.Count);
        result.Everything.ShouldNotContain("secret");
        ServerComparison.ShouldBeEqual(state, ClusterStateReader.Read(target));
    }

    private static string UriOf(TestCluster cluster, AclUser user)
    {
        var port = cluster.Nodes[0].Port.ToString(CultureInfo.InvariantCulture);
        return $"rediss://{user.Name}@127.0.0.1:{port}";
    }
}
