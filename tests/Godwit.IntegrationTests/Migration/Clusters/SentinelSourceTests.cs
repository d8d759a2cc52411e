using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Migration.Clusters;

/// <summary>A source that Sentinels name, and that another server takes the place of meanwhile.</summary>
[TakesLong]
public sealed class SentinelSourceTests(Fleet fleet) : IDisposable
{
    private const int Ballast = 4000;

    private readonly GodwitProcess _godwit = new();

    public void Dispose() => _godwit.Dispose();

    [Theory]
    [InlineData(ServerVersion.Redis70, "sync", true)]
    [InlineData(ServerVersion.Redis70, "scan", false)]
    [InlineData(ServerVersion.Valkey91, "sync", false)]
    [InlineData(ServerVersion.Redis80, "scan", true)]
    public async Task Migrate_FailoverMeanwhile_ArrivesEqualAndCountsOnce(
        ServerVersion version,
        string read,
        bool isKilled
    )
    {
        await using var set = await StartAsync(version);
        using var reader = set.Primary.Connect();
        var state = ServerStateReader.Read(reader);
        using var target = await fleet.BorrowTargetAsync(version);
        var count = state.Keys.Count;

        var result = await RunAsync(
            set,
            target.Lent,
            read,
            async () =>
            {
                if (isKilled)
                    await set.KillPrimaryAsync();
                else
                    await set.FailOverAsync();
            }
        );

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: count, Written: count, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        result.Json.GetProperty("events").GetArrayLength().ShouldBeGreaterThan(0);
        ServerComparison.ShouldBeEqual(state, target.Lent.ReadState(), new() { IgnoreEntriesRead = true });
    }

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Migrate_AsAReplica_SentinelsNeverListIt(ServerVersion version)
    {
        await using var set = await StartAsync(version);
        using var target = await fleet.BorrowTargetAsync(version);
        var known = (await set.ListedReplicasAsync())[0];
        known.Count.ShouldBe(2);
        var replication = "";

        var result = await RunAsync(
            set,
            target.Lent,
            "sync",
            async () =>
            {
                using var client = set.Primary.Connect();
                replication = client.Text("INFO", "replication");
                for (var i = 0; i < 3; i++)
                    (await set.ListedReplicasAsync()).ShouldAllBe(listed => listed.SequenceEqual(known));
            }
        );

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(target.Lent.CountKeys());
        (await set.ListedReplicasAsync()).ShouldAllBe(listed => listed.SequenceEqual(known));
        replication.ShouldContain("connected_slaves:");
    }

    private static async Task<SentinelSet> StartAsync(ServerVersion version)
    {
        var set = await SentinelSet.StartAsync(version);
        using var client = set.Primary.Connect();
        DataSet.Fill(client);
        client.Call("SELECT", 0);
        client.Pipeline(Enumerable.Range(0, Ballast).Select(i => (object[])["SET", $"ballast:{i}", i]));
        client.Call("WAIT", 2, 60_000);
        return set;
    }

    private Task<GodwitResult> RunAsync(SentinelSet set, TargetServer target, string read, Func<Task> change) =>
        _godwit.RunAsync(
            async process =>
            {
                await Wait.UntilAsync(() => process.HasExited || target.CountKeys() > 500, "some keys have arrived");
                process.HasExited.ShouldBeFalse("the run was over before the servers changed");
                await change();
            },
            [
                "migrate",
                $"redis+sentinel://{string.Join(',', set.Sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"))}/{set.ServiceName}",
                target.Uri,
                "--read",
                read,
                "--read-from",
                "primary",
                "--max-keys-per-second",
                "500",
                "--json",
            ]
        );
}
