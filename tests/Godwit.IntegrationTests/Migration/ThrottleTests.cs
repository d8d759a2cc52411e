using System.Diagnostics;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>The limits on what is read in a second, seen from the target.</summary>
public sealed class ThrottleTests(Fleet fleet)
{
    private const int Keys = 3000;
    private const int Rate = 1000;

    // A tenth of a second's worth belongs to the promise. The rest is for the target and for us, who look at it: where either
    // of the two is kept from working for a moment, two seconds' arrivals draw together.
    private const int MostWithinASecond = Rate * 3 / 2;

    [Theory]
    [InlineData("sync", "--max-keys-per-second", "1000")]
    [InlineData("scan", "--max-keys-per-second", "1000")]
    [InlineData("file", "--max-keys-per-second", "1000")]
    [InlineData("sync", "--max-bytes-per-second", "1MB")]
    [InlineData("scan", "--max-bytes-per-second", "1MB")]
    [InlineData("file", "--max-bytes-per-second", "1MB")]
    public async Task Migrate_RateIsLimited_NoSecondSeesMuchMore(string read, string option, string limit)
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70, "--rdbcompression", "no");
        using var client = server.Connect();

        // About 1000 bytes a key with all that stands around it, by whatever way.
        client.Call(
            "EVAL",
            "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'key:' .. i, string.rep('x', 970)) end",
            "0",
            Keys
        );
        await server.SaveAsync();
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        string[] ends = read is "file"
            ? [server.RdbFile, target.Lent.Uri]
            : [TargetServer.UriOf(server), target.Lent.Uri, "--read", read];
        var samples = new List<(TimeSpan At, long Keys)>();

        var result = await godwit.RunAsync(
            process => SampleAsync(process, target.Lent, samples),
            ["migrate", .. ends, option, limit, "--json"]
        );

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(Keys);
        var first = samples.First(sample => sample.Keys > 0);
        var last = samples.First(sample => sample.Keys == Keys);
        (last.At - first.At).TotalSeconds.ShouldBeGreaterThan((Keys / Rate) - 0.5);
        foreach (var (start, before) in samples)
        {
            var (_, after) = samples.Last(sample => sample.At <= start + TimeSpan.FromSeconds(1));
            (after - before).ShouldBeLessThanOrEqualTo(MostWithinASecond, $"in the second from {start} on");
        }
    }

    private static async Task SampleAsync(Process process, TargetServer target, List<(TimeSpan, long)> samples)
    {
        var clock = Stopwatch.StartNew();
        while (!process.HasExited)
        {
            samples.Add((clock.Elapsed, target.CountKeys()));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        samples.Add((clock.Elapsed, target.CountKeys()));
    }
}
