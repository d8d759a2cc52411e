using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>What a user chooses about a comparison, and what it refuses.</summary>
public sealed class VerifyOptionsTests(Fleet fleet)
{
    private const long Far = 4_102_444_800_123;

    [Theory]
    [InlineData("existence", "extra only target,missing gone")]
    [InlineData("type", "extra only target,missing gone,type type,value longer")]
    [InlineData("ttl", "extra only target,missing gone,ttl expires")]
    [InlineData("full", "extra only target,missing gone,ttl expires,type type,value changed,value longer")]
    public async Task Verify_EachMode_FindsWhatItLooksAfter(string mode, string expected)
    {
        using var source = await BorrowAsync();
        using var target = await BorrowAsync();
        foreach (var client in (RespClient[])[source.Lent.Client, target.Lent.Client])
            client.Call("MSET", "same", "a", "gone", "a", "changed", "a", "longer", "a", "expires", "a", "type", "a");
        target.Lent.Client.Call("DEL", "gone", "type");
        target.Lent.Client.Call("MSET", "changed", "b", "longer", "ab", "only target", "a");
        target.Lent.Client.Call("SADD", "type", "a");
        target.Lent.Client.Call("PEXPIREAT", "expires", Far);
        using var godwit = new GodwitProcess();

        var result = await RunAsync(godwit, source, target, "--mode", mode, "--report", "report.ndjson");

        result.ShouldHaveEnded(1);
        var found = ReportLine
            .Read(godwit.PathOf("report.ndjson"))
            .Select(line => $"{line.Kind} {line.Key}")
            .Order(StringComparer.Ordinal);
        string.Join(',', found).ShouldBe(expected);
    }

    [Fact]
    public async Task Verify_Sample_ComparesTheSameKeysOnBothSidesAndSaysWhatThatTells()
    {
        const int Keys = 4000;
        using var source = await BorrowAsync();
        using var target = await BorrowAsync();
        const string Fill = "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'key:' .. i, i) end";
        source.Lent.Client.Call("EVAL", Fill, 0, Keys);
        target.Lent.Client.Call("EVAL", Fill, 0, Keys);
        using var godwit = new GodwitProcess();

        var equal = await RunAsync(godwit, source, target, "--sample", "25");

        equal.ShouldHaveEnded(0);
        var compared = equal.Json.GetProperty("keys").GetProperty("compared").GetInt64();
        compared.ShouldBeInRange(800, 1200);
        var sample = equal.Json.GetProperty("sample");
        sample.GetProperty("percent").GetDouble().ShouldBe(25);
        sample.GetProperty("most_different").GetDouble().ShouldBe(4.605 / compared, 0.00001);

        // All keys of one side are missing at the other: as many of them as belong to the sample are named, whichever side that is.
        target.Lent.Empty();
        var missing = await RunAsync(godwit, source, target, "--sample", "25");
        var extra = await RunAsync(godwit, target, source, "--sample", "25");
        missing.Json.GetProperty("keys").GetProperty("missing").GetInt64().ShouldBe(compared);
        extra.Json.GetProperty("keys").GetProperty("extra").GetInt64().ShouldBe(compared);
    }

    [Fact]
    public async Task Verify_NoToleranceBefore70_IsExactToTheMillisecond()
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis60);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis60);
        foreach (var lent in (TargetServer[])[source.Lent, target.Lent])
        {
            lent.Client.Call("SELECT", 0);
            for (var i = 0; i < 200; i++)
                lent.Client.Call("SET", $"key:{i}", "value");
        }

        for (var i = 0; i < 200; i++)
        {
            source.Lent.Client.Call("PEXPIREAT", $"key:{i}", Far);
            target.Lent.Client.Call("PEXPIREAT", $"key:{i}", i == 77 ? Far + 1 : Far);
        }

        using var godwit = new GodwitProcess();
        var result = await RunAsync(godwit, source, target, "--ttl-tolerance", "0", "--report", "report.ndjson");

        result.ShouldHaveEnded(1);
        ReportLine.Read(godwit.PathOf("report.ndjson")).ShouldHaveSingleItem().ShouldBe(new("ttl", 0, "key:77", ""));
    }

    [Fact]
    public async Task Verify_KeysThatTheUserMayNotRead_CannotBeTold()
    {
        using var source = await BorrowAsync();
        using var target = await BorrowAsync();
        foreach (var client in (RespClient[])[source.Lent.Client, target.Lent.Client])
            client.Call("MSET", "open:1", "a", "secret:1", "a");
        source.Lent.Client.Call("ACL", "SETUSER", "reader", "on", "nopass", "~open:*", "~godwit:probe", "+@all");
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "verify",
            source.Lent.Uri.Replace("redis://", "redis://reader:any@", StringComparison.Ordinal),
            target.Lent.Uri,
            "--rounds",
            "1",
            "--json"
        );
        source.Lent.Client.Call("ACL", "DELUSER", "reader");

        result.ShouldHaveEnded(1);
        result.Status.ShouldBe("cannot-tell");
        result.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(1);
        result.Json.GetProperty("keys").GetProperty("unknown").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Verify_RateIsLimited_KeepsToIt()
    {
        using var source = await BorrowAsync();
        using var target = await BorrowAsync();
        const string Fill = "for i = 1, 600 do redis.call('SET', 'key:' .. i, i) end";
        source.Lent.Client.Call("EVAL", Fill, 0);
        target.Lent.Client.Call("EVAL", Fill, 0);
        using var godwit = new GodwitProcess();

        var result = await RunAsync(godwit, source, target, "--max-keys-per-second", "300");

        // Once forth, once back.
        result.ShouldHaveEnded(0);
        result.Json.GetProperty("seconds").GetDouble().ShouldBeGreaterThan(3.5);
    }

    [Fact]
    public async Task Verify_ReportThatIsThere_IsRefusedAndStays()
    {
        using var source = await BorrowAsync();
        using var godwit = new GodwitProcess();
        await File.WriteAllTextAsync(godwit.PathOf("report.ndjson"), "mine", TestContext.Current.CancellationToken);

        var result = await RunAsync(godwit, source, source, "--report", "report.ndjson");

        result.ShouldHaveEnded(3);
        result.Error.ShouldContain("exists already");
        (await File.ReadAllTextAsync(godwit.PathOf("report.ndjson"), TestContext.Current.CancellationToken)).ShouldBe(
            "mine"
        );
    }

    [Fact]
    public async Task Verify_Cluster_IsRefused()
    {
        await using var cluster = await RedisServer.StartAsync(ServerVersion.Redis70, "--cluster-enabled", "yes");
        using var target = await BorrowAsync();
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("verify", TargetServer.UriOf(cluster), target.Lent.Uri, "--json");

        result.ShouldHaveEnded(3);
        result.Status.ShouldBe("failed");
        result.Error.ShouldContain("cluster");
    }

    [Fact]
    public async Task Verify_RepairWithoutDeleteExtra_LeavesWhatOnlyTheTargetHas()
    {
        using var source = await BorrowAsync();
        using var target = await BorrowAsync();
        source.Lent.Client.Call("SET", "missing", "a", "PX", 100_000_000);
        target.Lent.Client.Call("SET", "extra", "a");
        using var godwit = new GodwitProcess();

        var result = await RunAsync(godwit, source, target, "--repair");

        result.ShouldHaveEnded(1);
        result.Json.GetProperty("keys").GetProperty("repaired").GetInt64().ShouldBe(1);
        target.Lent.Client.Number("EXISTS", "missing", "extra").ShouldBe(2);
        target.Lent.Client.Number("PTTL", "missing").ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Verify_Signal_StopsInOrder()
    {
        using var source = await BorrowAsync();
        const string Fill = "for i = 1, 20000 do redis.call('SET', 'key:' .. i, i) end";
        source.Lent.Client.Call("EVAL", Fill, 0);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async process =>
            {
                await Wait.UntilAsync(
                    () => source.Lent.Client.Text("CLIENT", "LIST").Contains("cmd=dump", StringComparison.Ordinal),
                    "the comparison reads"
                );
                await GodwitProcess.SignalAsync(process, "TERM");
            },
            "verify",
            source.Lent.Uri,
            source.Lent.Uri,
            "--max-keys-per-second",
            "100",
            "--json"
        );

        result.ShouldHaveEnded(143);
        result.Status.ShouldBe("interrupted");
    }

    private async Task<Loan<TargetServer>> BorrowAsync()
    {
        var loan = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        loan.Lent.Client.Call("SELECT", 0);
        return loan;
    }

    private static Task<GodwitResult> RunAsync(
        GodwitProcess godwit,
        Loan<TargetServer> source,
        Loan<TargetServer> target,
        params string[] options
    ) => godwit.RunAsync(["verify", source.Lent.Uri, target.Lent.Uri, "--rounds", "1", "--json", .. options]);
}
