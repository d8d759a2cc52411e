using System.Globalization;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>Values that two servers hold and that are compared in pieces.</summary>
public sealed class LargeValuesTests
{
    private const string FillHash = """
        for i = 1, 600 do redis.call('HSET', KEYS[1], 'field:' .. i, string.rep('x', 10000)) end
        """;

    /// <summary>A field whose time is over is counted by HLEN until it is deleted, and must not stand for one that is too much.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Verify_FieldOnlyAtTheTargetBesideOneThatIsOver_IsFound(ServerVersion version)
    {
        await using var pair = await Pair.StartAsync(version);
        foreach (var client in (RespClient[])[pair.Source, pair.Target])
        {
            client.Call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
            client.Call("EVAL", FillHash, 1, "hash");
        }

        pair.Source.Call("HSET", "hash", "over", "1");
        pair.Source.Call("HPEXPIRE", "hash", 1, "FIELDS", 1, "over");
        pair.Target.Call("HSET", "hash", "too much", "1");
        await Task.Delay(100, TestContext.Current.CancellationToken);
        pair.Source.Number("HLEN", "hash").ShouldBe(601);
        using var godwit = new GodwitProcess();

        var lines = await pair.CompareAsync(godwit);

        lines.ShouldHaveSingleItem().ShouldBe(new("value", 0, "hash", """{"field":"too much"}"""));
    }

    [Fact]
    public async Task Verify_FieldOnlyAtTheTargetBesideAnotherExpiry_IsNamedFirst()
    {
        await using var pair = await Pair.StartAsync(ServerVersion.Redis80);
        foreach (var client in (RespClient[])[pair.Source, pair.Target])
            client.Call("EVAL", FillHash, 1, "hash");
        pair.Target.Call("HPEXPIREAT", "hash", 4_102_444_800_123, "FIELDS", 1, "field:1");
        pair.Target.Call("HSET", "hash", "too much", "1");
        using var godwit = new GodwitProcess();

        var lines = await pair.CompareAsync(godwit);

        lines.ShouldHaveSingleItem().ShouldBe(new("value", 0, "hash", """{"field":"too much"}"""));
    }

    /// <summary>Windows of 16 entries: the greatest id there is stands at the end of one.</summary>
    [Fact]
    public async Task Verify_StreamThatEndsWithTheGreatestId_ComesToAnEnd()
    {
        await using var pair = await Pair.StartAsync(ServerVersion.Redis70);
        const string Fill = """
            for i = 1, 16 * 6 - 1 do redis.call('XADD', 'stream', '1-' .. i, 'f', string.rep('x', 64000)) end
            redis.call('XADD', 'stream', '18446744073709551615-18446744073709551615', 'f', string.rep('x', 64000))
            """;
        foreach (var client in (RespClient[])[pair.Source, pair.Target])
            client.Call("EVAL", Fill, 0);
        using var godwit = new GodwitProcess();

        var lines = await pair.CompareAsync(godwit);

        lines.ShouldBeEmpty();
    }

    /// <summary>Of names that are long no more are asked for at once than there is room for.</summary>
    [Fact]
    public async Task Verify_LongNames_AreAskedForAFewAtATime()
    {
        await using var pair = await Pair.StartAsync(ServerVersion.Redis70);
        const string Fill = "for i = 1, 400 do redis.call('SET', string.rep('n', 100000) .. i, i) end";
        foreach (var client in (RespClient[])[pair.Source, pair.Target])
            client.Call("EVAL", Fill, 0);
        using var godwit = new GodwitProcess();

        var lines = await pair.CompareAsync(godwit);

        lines.ShouldBeEmpty();
        var scans = pair
            .Source.Text("INFO", "commandstats")
            .Split("\r\n")
            .Single(line => line.StartsWith("cmdstat_scan:", StringComparison.Ordinal));
        var calls = scans.Split("calls=")[1].Split(',')[0];
        int.Parse(calls, CultureInfo.InvariantCulture).ShouldBeGreaterThan(20);
    }

    private sealed class Pair(RedisServer first, RedisServer second) : IAsyncDisposable
    {
        public RespClient Source { get; } = first.Connect();

        public RespClient Target { get; } = second.Connect();

        public static async Task<Pair> StartAsync(ServerVersion version) =>
            new(await RedisServer.StartAsync(version), await RedisServer.StartAsync(version));

        public async Task<IReadOnlyList<ReportLine>> CompareAsync(GodwitProcess godwit)
        {
            var result = await godwit.RunAsync(
                "verify",
                first.Uri,
                second.Uri,
                "--rounds",
                "1",
                "--report",
                "report.ndjson",
                "--json"
            );
            var lines = ReportLine.Read(godwit.PathOf("report.ndjson"));
            result.ShouldHaveEnded(lines.Count == 0 ? 0 : 1);
            return lines;
        }

        public async ValueTask DisposeAsync()
        {
            Source.Dispose();
            Target.Dispose();
            await first.DisposeAsync();
            await second.DisposeAsync();
        }
    }
}
