using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Migration.Clusters;

/// <summary>Clusters that change while they are read: slots that move, primaries that are lost.</summary>
[TakesLong]
public sealed class ClusterChangeTests(Fleet fleet) : IDisposable
{
    private const int Ballast = 6000;

    // By each shard: a third of all keys takes some three seconds.
    private const string Rate = "800";

    // A key's expiry is moved with its slot as the time that it has left.
    private static readonly ComparisonOptions Moved = new() { ExpiryTolerance = 60_000, IgnoreEntriesRead = true };

    private readonly GodwitProcess _godwit = new();

    public void Dispose() => _godwit.Dispose();

    [Theory]
    [InlineData(ServerVersion.Redis70, "sync", "fail")]
    [InlineData(ServerVersion.Redis70, "scan", "fail")]
    [InlineData(ServerVersion.Redis80, "scan", "replace")]
    [InlineData(ServerVersion.Valkey91, "sync", "skip")]
    [InlineData(ServerVersion.Valkey91, "scan", "skip")]
    public async Task Migrate_SlotsMoveMeanwhile_ArrivesEqualAndCountsOnce(
        ServerVersion version,
        string read,
        string onExisting
    )
    {
        await using var cluster = await StartAsync(version, replicas: 0);
        var count = ClusterStateReader.Read(cluster).Keys.Count;
        SlotMove? inFlight = null;
        using var target = await fleet.BorrowTargetAsync(version);

        var result = await RunAsync(
            cluster,
            target.Lent,
            read,
            onExisting,
            () =>
            {
                // Some are done before the run ends, and one is left with keys at both ends.
                var (first, second) = (cluster.Primaries[0], cluster.Primaries[1]);
                var slot = HashSlot.Of("{in flight}"u8);
                inFlight = cluster.BeginMove(slot, cluster.OwnerOf(slot) == first ? second : first, keysLeftBehind: 25);
                foreach (var other in (int[])[10, 20, 30, 40])
                    cluster.BeginMove(other, second).Finish();
                cluster.BeginMove(15_000, first).Finish();
                return Task.CompletedTask;
            }
        );

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: count, Written: count, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        result.Json.GetProperty("events").GetArrayLength().ShouldBeGreaterThan(0);
        await inFlight!.FinishAsync();
        ServerComparison.ShouldBeEqual(ClusterStateReader.Read(cluster), target.Lent.ReadState(), Moved);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, "sync")]
    [InlineData(ServerVersion.Redis80, "scan")]
    [InlineData(ServerVersion.Valkey91, "scan")]
    public async Task Migrate_PrimaryIsKilled_ItsReplicaIsReadAndCountsAreRight(ServerVersion version, string read)
    {
        await using var cluster = await StartAsync(version, replicas: 1);
        await cluster.CatchUpAsync();
        var state = ClusterStateReader.Read(cluster);
        using var target = await fleet.BorrowTargetAsync(version);
        var count = state.Keys.Count;

        var result = await RunAsync(
            cluster,
            target.Lent,
            read,
            "fail",
            () => cluster.KillPrimaryAsync(1),
            "--read-from",
            "primary"
        );

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: count, Written: count, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        result.Json.GetProperty("events").GetArrayLength().ShouldBeGreaterThan(0);
        ServerComparison.ShouldBeEqual(state, target.Lent.ReadState(), Moved);
    }

    private static async Task<TestCluster> StartAsync(ServerVersion version, int replicas)
    {
        var cluster = await TestCluster.StartAsync(version, new() { Replicas = replicas });
        DataSet.Fill(cluster);
        using var client = cluster.Connect();
        client.Pipeline(Enumerable.Range(0, Ballast).Select(i => (object[])["SET", $"ballast:{i}", Incompressible(i)]));
        client.Pipeline(Enumerable.Range(0, 50).Select(i => (object[])["SET", $"{{in flight}}{i}", i]));
        return cluster;
    }

    // A snapshot that does not fit into the buffers of a connection: while it is read at a pace, its server still sends it.
    private static byte[] Incompressible(int seed)
    {
        var bytes = new byte[8000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private Task<GodwitResult> RunAsync(
        TestCluster cluster,
        TargetServer target,
        string read,
        string onExisting,
        Func<Task> change,
        params string[] more
    ) =>
        _godwit.RunAsync(
            async process =>
            {
                await Wait.UntilAsync(
                    () => process.HasExited || target.CountKeys() > Ballast / 4,
                    "some keys have arrived"
                );
                process.HasExited.ShouldBeFalse("the run was over before the cluster changed");
                await change();
            },
            [
                "migrate",
                cluster.Uri,
                target.Uri,
                "--read",
                read,
                "--on-existing",
                onExisting,
                "--max-keys-per-second",
                Rate,
                "--json",
                .. more,
            ]
        );
}
