using System.Globalization;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Sentinels;

namespace Godwit.IntegrationTests.Verification;

/// <summary>
/// A primary that is lost while sides are compared, at whatever moment: the comparison waits for the one that takes its place, goes on,
/// and finds what is different and nothing else.
/// </summary>
[TakesLong]
public sealed class LostPrimaryTests
{
    private const int Keys = 20_000;

    private static readonly ClusterSettings WithReplicas = new() { Replicas = 1 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Verify_PrimaryOfAClusterIsKilled_FindsNoDifference(bool atSource)
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, WithReplicas);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        using var client = cluster.Connect();
        FillAlike(Strings(Keys), client, other.Client);
        await cluster.CatchUpAsync();
        var killed = cluster.Primary(1).Client;

        var result = await VerifyAsync(
            Sides(cluster.Uri, other.Uri, atSource),
            async () =>
            {
                await IsAskedAsync(killed, "pexpiretime", 100);
                await cluster.KillPrimaryAsync(1);
            },
            "--max-keys-per-second",
            "4000"
        );

        ShouldBeEqual(result, Keys);
    }

    [Fact]
    public async Task Verify_PrimaryThatSentinelsNameIsKilled_FindsNoDifference()
    {
        await using var set = await SentinelSet.StartAsync(ServerVersion.Redis70);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        using var client = set.Primary.Connect();
        FillAlike(Strings(Keys), client, other.Client);
        client.Number("WAIT", 2, 60_000).ShouldBe(2);

        var result = await VerifyAsync(
            [set.Uri, other.Uri],
            async () =>
            {
                await IsAskedAsync(client, "pexpiretime", 100);
                await set.KillPrimaryAsync();
            },
            "--max-keys-per-second",
            "4000"
        );

        ShouldBeEqual(result, Keys);
    }

    // Of one value many questions are asked, and of some each goes on where the one before has ended.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Verify_PrimaryIsKilledWhileLargeValuesAreRead_FindsNoDifference(bool atSource)
    {
        const int Values = 24;
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, WithReplicas);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        using var client = cluster.Connect();
        FillAlike(Enumerable.Range(0, Values).Select(Large), client, other.Client);
        await cluster.CatchUpAsync();
        var killed = cluster.Primary(1).Client;

        var result = await VerifyAsync(
            Sides(cluster.Uri, other.Uri, atSource),
            async () =>
            {
                await IsAskedAsync(killed, ["hscan", "hget", "sscan", "sismember", "lrange", "getrange"], 3);
                await cluster.KillPrimaryAsync(1);
            },
            "--max-bytes-per-second",
            "5MB"
        );

        ShouldBeEqual(result, Values);
    }

    // What is asked before anything is compared: the servers, and which databases they have.
    [Fact]
    public async Task Verify_PrimaryHasJustBeenKilled_FindsNoDifference()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, WithReplicas);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        using var client = cluster.Connect();
        FillAlike(Strings(100), client, other.Client);
        await cluster.CatchUpAsync();
        await cluster.KillPrimaryAsync(1);

        var result = await VerifyAsync([cluster.Uri, other.Uri], () => Task.CompletedTask);

        ShouldBeEqual(result, 100);
    }

    // Function libraries are asked for at the end, when no key of that shard is looked at any more.
    [Fact]
    public async Task Verify_PrimaryIsKilledBeforeLibrariesAreRead_ComparesThem()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, WithReplicas);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        using var client = cluster.Connect();
        FillAlike(Strings(100), client, other.Client);
        foreach (var side in (IRespPipeline[])[client, other.Client])
        {
            side.Call(
                "FUNCTION",
                "LOAD",
                "#!lua name=library\nredis.register_function('library', function() return 1 end)"
            );
        }

        var different = cluster.KeyIn(0);
        client.Call("SET", different, "other");
        await cluster.CatchUpAsync();
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async _ =>
            {
                // The second round, which looks at that key alone, is yet to come.
                await IsAskedAsync(cluster.Primary(1).Client, "exists", 1);
                await cluster.KillPrimaryAsync(1);
            },
            ["verify", cluster.Uri, other.Uri, "--rounds", "2", "--delay", "3", "--report", "found.ndjson", "--json"]
        );

        result.ShouldHaveEnded(1);
        ReportLine
            .Read(godwit.PathOf("found.ndjson"))
            .Select(line => $"{line.Kind} {line.Key}")
            .ShouldBe([$"missing {different}"]);
        result.Json.GetProperty("functions").GetProperty("compared").GetInt64().ShouldBe(1);
    }

    // Before 7.0 an expiry that seems to differ is asked for once more, exactly.
    [Fact]
    public async Task Verify_PrimaryIsKilledWhileExpiriesAreAsked_FindsThoseThatDiffer()
    {
        const int Expiring = 6_000;
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis60, WithReplicas);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis60, 0);
        using var client = cluster.Connect();
        var at = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds();
        foreach (var (side, expireAt) in ((IRespPipeline, long)[])[(client, at), (other.Client, at + 5_000)])
        {
            side.Pipeline(Strings(Expiring));
            side.Pipeline(Enumerable.Range(0, Expiring).Select(i => (object[])["PEXPIREAT", $"key:{i}", expireAt + i]));
        }

        await cluster.CatchUpAsync();
        var killed = cluster.Primary(1).Client;

        var result = await VerifyAsync(
            [cluster.Uri, other.Uri],
            async () =>
            {
                await IsAskedAsync(killed, "pttl", 1_000);
                await cluster.KillPrimaryAsync(1);
            },
            "--rounds",
            "1"
        );

        result.ShouldHaveEnded(1);
        var keys = result.Json.GetProperty("keys");
        keys.GetProperty("ttl").GetInt64().ShouldBe(Expiring, result.Everything);
        keys.GetProperty("equal").GetInt64().ShouldBe(0, result.Everything);
    }

    // Slots that move are listed at every primary, after all have been scanned.
    [Fact]
    public async Task Verify_PrimaryIsKilledWhileMovingSlotsAreListed_FindsNoDifference()
    {
        const int KeysOfSlot = 50;
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis70, WithReplicas);
        await using var other = await VerifiedSide.StartAsync(ServerVersion.Redis70, 0);
        using var client = cluster.Connect();
        var owners = cluster.Owners();
        string[] tags =
        [
            .. Enumerable
                .Range(0, 10_000)
                .Select(i => i.ToString(CultureInfo.InvariantCulture))
                .Where(tag => owners[SlotOf(tag)].Shard == 0)
                .DistinctBy(SlotOf)
                .Take(20),
        ];
        FillAlike(
            tags.SelectMany(tag => Enumerable.Range(0, KeysOfSlot).Select(i => (object[])["SET", $"{{{tag}}}:{i}", i])),
            client,
            other.Client
        );
        foreach (var tag in tags)
            cluster.BeginMove(SlotOf(tag), cluster.Primary(1), KeysOfSlot / 2);
        await cluster.CatchUpAsync();
        var killed = cluster.Primary(2).Client;

        var result = await VerifyAsync(
            [cluster.Uri, other.Uri],
            async () =>
            {
                await IsAskedAsync(killed, "cluster|countkeysinslot", 3);
                await cluster.KillPrimaryAsync(2);
            },
            "--max-keys-per-second",
            "200"
        );

        ShouldBeEqual(result, KeysOfSlot * tags.Length);
    }

    private static int SlotOf(string tag) => HashSlot.Of(System.Text.Encoding.ASCII.GetBytes(tag));

    private static string[] Sides(string cluster, string other, bool isSource) =>
        isSource ? [cluster, other] : [other, cluster];

    private static IEnumerable<object[]> Strings(int count) =>
        Enumerable.Range(0, count).Select(i => (object[])["SET", $"key:{i}", i]);

    // Of five megabytes each, of every type by which values are read in another way.
    private static object[] Large(int number)
    {
        const int Elements = 500;
        string[] elements = [.. Enumerable.Range(0, Elements).Select(i => $"{number} {i} {new string('x', 10_000)}")];
        return (number % 4) switch
        {
            0 => ["SET", $"large:{number}", string.Concat(elements)],
            1 => ["RPUSH", $"large:{number}", .. elements],
            2 => ["SADD", $"large:{number}", .. elements],
            _ => ["HSET", $"large:{number}", .. elements.SelectMany((value, i) => (object[])[$"field {i}", value])],
        };
    }

    private static void FillAlike(IEnumerable<object[]> commands, params IRespPipeline[] sides)
    {
        object[][] all = [.. commands];
        foreach (var side in sides)
            side.Pipeline(all);
    }

    private static Task IsAskedAsync(RespClient server, string command, int times) =>
        IsAskedAsync(server, [command], times);

    private static Task IsAskedAsync(RespClient server, string[] commands, int times)
    {
        server.Call("CONFIG", "RESETSTAT");
        return Wait.UntilAsync(
            () => commands.Sum(command => CallsOf(server, command)) >= times,
            $"the server is asked {string.Join(", ", commands)} {times} times"
        );
    }

    private static int CallsOf(RespClient server, string command)
    {
        var start = $"cmdstat_{command}:calls=";
        var line = server
            .Text("INFO", "commandstats")
            .Split('\n')
            .FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));
        return line is null
            ? 0
            : int.Parse(line[start.Length..].Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static async Task<GodwitResult> VerifyAsync(string[] sides, Func<Task> meanwhile, params string[] options)
    {
        using var godwit = new GodwitProcess();
        return await godwit.RunAsync(_ => meanwhile(), ["verify", .. sides, "--delay", "0.5", "--json", .. options]);
    }

    private static void ShouldBeEqual(GodwitResult result, int keys)
    {
        result.ShouldHaveEnded(0);
        result.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBeGreaterThanOrEqualTo(keys);
    }
}
