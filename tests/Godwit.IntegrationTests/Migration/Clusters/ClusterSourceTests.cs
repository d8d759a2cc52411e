using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Migration.Rights;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Migration.Clusters;

/// <summary>Clusters that hold still, into one server.</summary>
[TakesLong]
public sealed class ClusterSourceTests(Fleet fleet) : IDisposable
{
    private readonly GodwitProcess _godwit = new();

    public void Dispose() => _godwit.Dispose();

    [Theory]
    [InlineData(ServerVersion.Redis70, "sync")]
    [InlineData(ServerVersion.Redis70, "scan")]
    [InlineData(ServerVersion.Redis80, "sync")]
    [InlineData(ServerVersion.Redis80, "scan")]
    [InlineData(ServerVersion.Valkey91, "sync")]
    [InlineData(ServerVersion.Valkey91, "scan")]
    public async Task Migrate_ThreeShardsWithReplicas_ArrivesEqual(ServerVersion version, string read)
    {
        using var source = await fleet.BorrowSourceClusterAsync(version);
        using var target = await fleet.BorrowTargetAsync(version);

        var result = await _godwit.RunAsync(["migrate", source.Lent.Uri, target.Lent.Uri, "--read", read, "--json"]);

        result.ShouldHaveEnded(0);
        var count = source.Lent.State.Keys.Count;
        result.Keys.ShouldBe(new(Read: count, Written: count, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        ServerComparison.ShouldBeEqual(
            source.Lent.State,
            target.Lent.ReadState(),
            new() { IgnoreEntriesRead = version == ServerVersion.Redis70 && read is "scan" }
        );
        var reported = result.Json.GetProperty("sources").EnumerateArray().ShouldHaveSingleItem();
        reported.GetProperty("uri").GetString().ShouldBe(source.Lent.Uri);
        reported.GetProperty("server").GetString()!.ShouldEndWith("cluster of 3 shards");
        reported.GetProperty("read").GetString().ShouldBe(read);
        result.Json.GetProperty("events").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("sync", "primary")]
    [InlineData("sync", "replica")]
    [InlineData("scan", "primary")]
    [InlineData("scan", "replica")]
    public async Task Migrate_ReadFrom_ReadsThose(string read, string from)
    {
        using var source = await fleet.BorrowSourceClusterAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        var result = await _godwit.RunAsync([
            "migrate",
            source.Lent.Cluster.Replicas(1)[0].Server.Uri,
            target.Lent.Uri,
            "--read",
            read,
            "--read-from",
            from,
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(source.Lent.State.Keys.Count);
        var inPlace = result
            .Error.Split('\n')
            .Count(line => line.Contains("in place of its primary", StringComparison.Ordinal));
        inPlace.ShouldBe(from is "replica" ? 3 : 0, result.Error);
        ServerComparison.ShouldBeEqual(source.Lent.State, target.Lent.ReadState(), new() { IgnoreEntriesRead = true });
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_FiveUnevenShardsWithDatabases_ArrivesEqual(string read)
    {
        await using var cluster = await TestCluster.StartAsync(
            ServerVersion.Valkey91,
            new()
            {
                Primaries = 5,
                Slots = SlotDivision.Uneven(5),
                Databases = 16,
            }
        );
        DataSet.Fill(cluster);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey91);
        var state = ClusterStateReader.Read(cluster);

        var result = await _godwit.RunAsync([
            "migrate",
            cluster.Uri,
            target.Lent.Uri,
            "--read",
            read,
            "--connections",
            "2",
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        result.Keys.Read.ShouldBe(state.Keys.Count);
        ServerComparison.ShouldBeEqual(state, target.Lent.ReadState());
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_OneShardIntoJson_HasALineForEachKey(string read)
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Primaries = 1 });
        using var client = cluster.Connect();
        client.Pipeline(Enumerable.Range(0, 500).Select(i => (object[])["SET", $"key:{i}", i]));
        var file = _godwit.PathOf("keys.ndjson");

        var result = await _godwit.RunAsync(["migrate", cluster.Uri, $"json:{file}", "--read", read, "--json"]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(500);
        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        lines.Distinct(StringComparer.Ordinal).Count().ShouldBe(500);
        lines.Length.ShouldBe(500);
    }

    // The rights that the documentation names, and no other.
    [Theory]
    [InlineData("sync", "As a replica")]
    [InlineData("scan", "By SCAN")]
    public async Task Migrate_TlsAndLeastRights_ArrivesEqual(string read, string heading)
    {
        string[] rights =
        [
            .. DocumentedRights.Of(heading, ServerVersion.Redis70),
            .. DocumentedRights.Of("A cluster", ServerVersion.Redis70),
        ];
        using var certificates = new TestCertificates();
        var user = new AclUser("mover", "the mover's secret", string.Join(' ', rights));
        await using var cluster = await TestCluster.StartAsync(
            ServerVersion.Redis70,
            new()
            {
                Replicas = 1,
                Tls = certificates,
                Users = [user],
            }
        );
        DataSet.Fill(cluster);
        await cluster.CatchUpAsync();
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        var port = cluster.Nodes[0].Port.ToString(CultureInfo.InvariantCulture);
        _godwit.Environment["GODWIT_SOURCE_PASSWORD"] = user.Password;
        var state = ClusterStateReader.Read(cluster);

        var result = await _godwit.RunAsync([
            "migrate",
            $"rediss://{user.Name}@127.0.0.1:{port}",
            target.Lent.Uri,
            "--tls-ca",
            certificates.AuthorityFile,
            "--read",
            read,
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(state.Keys.Count);
        result.Everything.ShouldNotContain(user.Password);
        if (read == "scan")
            result.Error.ShouldNotContain("warning");
        ServerComparison.ShouldBeEqual(state, target.Lent.ReadState(), new() { IgnoreEntriesRead = true });
    }
}
