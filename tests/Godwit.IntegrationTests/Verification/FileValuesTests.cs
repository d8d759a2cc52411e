using System.Globalization;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>Values of RDB files that are held against those of a server or of another file, and are unlike most.</summary>
public sealed class FileValuesTests
{
    // The elements of a hash and a set go in pieces from 256 KiB on.
    private const string Fill = """
        for i = 1, 400 do
            redis.call('HSET', 'large', 'field:' .. i, string.rep('x', 1000))
            redis.call('HPEXPIRE', 'large', 100, 'FIELDS', 1, 'field:' .. i)
        end
        redis.call('HSET', 'small', 'over', 1)
        redis.call('HPEXPIRE', 'small', 100, 'FIELDS', 1, 'over')
        redis.call('HSET', 'partly', 'over', 1, 'stays', 1)
        redis.call('HPEXPIRE', 'partly', 100, 'FIELDS', 1, 'over')
        redis.call('SET', 'key', 1, 'PX', 100)
        redis.call('SET', 'stays', 1)
        """;

    /// <summary>What goes by itself is no difference, whether a server has deleted it or not.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis80, "full")]
    [InlineData(ServerVersion.Redis80, "type")]
    [InlineData(ServerVersion.Redis80, "existence")]
    [InlineData(ServerVersion.Valkey91, "full")]
    [InlineData(ServerVersion.Valkey91, "type")]
    public async Task Verify_WhatIsOverInAFile_IsNoDifference(ServerVersion version, string mode)
    {
        await using var first = await RedisServer.StartAsync(version);
        await using var second = await RedisServer.StartAsync(version);
        using var source = first.Connect();
        using var target = second.Connect();
        source.Call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
        source.Call("EVAL", Fill, 0);
        await first.SaveAsync();
        target.Call("HSET", "partly", "stays", "1");
        target.Call("SET", "stays", "1");
        await second.SaveAsync();
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        using var godwit = new GodwitProcess();

        (string, string)[] sides =
        [
            (first.RdbFile, second.Uri),
            (second.Uri, first.RdbFile),
            (first.RdbFile, second.RdbFile),
            (second.RdbFile, first.RdbFile),
        ];
        foreach (var (from, to) in sides)
        {
            var result = await godwit.RunAsync("verify", from, to, "--mode", mode, "--rounds", "1", "--json");

            result.ShouldHaveEnded(0);
            result.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(2);
        }
    }

    [Fact]
    public async Task Verify_ExpiredFieldsOfALargeHashOfTwoFiles_AreNoDifference()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var client = server.Connect();
        using var godwit = new GodwitProcess();
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
        client.Call(
            "EVAL",
            "for i = 1, 400 do redis.call('HSET', 'large', 'field:' .. i, string.rep('x', 1000)) end",
            0
        );
        await server.SaveAsync();
        File.Copy(server.RdbFile, godwit.PathOf("without.rdb"));
        client.Call("HSET", "large", "over", "1");
        client.Call("HPEXPIRE", "large", 100, "FIELDS", 1, "over");
        await server.SaveAsync();
        await Task.Delay(1000, TestContext.Current.CancellationToken);

        var result = await godwit.RunAsync("verify", server.RdbFile, "without.rdb", "--json");

        result.ShouldHaveEnded(0);
    }

    [Fact]
    public async Task Verify_OnlyAnExpiryInALargeHashOfTwoFilesDiffers_IsCalledSo()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var client = server.Connect();
        using var godwit = new GodwitProcess();
        client.Call("EVAL", "for i = 1, 100000 do redis.call('HSET', 'large', 'field:' .. i, i) end", 0);
        client.Call("HPEXPIREAT", "large", 9_999_999_000_000, "FIELDS", 2, "field:1", "field:2");
        await server.SaveAsync();
        File.Copy(server.RdbFile, godwit.PathOf("before.rdb"));
        client.Call("HPEXPIREAT", "large", 9_999_990_000_000, "FIELDS", 1, "field:1");
        await server.SaveAsync();

        var result = await godwit.RunAsync("verify", "before.rdb", server.RdbFile, "--report", "report.ndjson");

        result.ShouldHaveEnded(1);
        ReportLine.Read(godwit.PathOf("report.ndjson")).ShouldHaveSingleItem().ShouldBe(new("ttl", 0, "large", ""));
    }

    [Fact]
    public async Task Verify_TypeMode_LengthsOfLargeValuesAreCompared()
    {
        await using var first = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var second = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var source = first.Connect();
        using var target = second.Connect();
        const string Members =
            "for i = 1, 2000 do redis.call('SADD', KEYS[1], string.rep('x', 300) .. i) end return redis.call('SCARD', KEYS[1])";
        foreach (var client in (RespClient[])[source, target])
        {
            client.Call("EVAL", Members, 1, "same");
            client.Call("EVAL", Members, 1, "more");
        }

        target.Call("SADD", "more", "one");
        await first.SaveAsync();
        await second.SaveAsync();
        using var godwit = new GodwitProcess();

        (string, string)[] sides =
        [
            (first.RdbFile, second.Uri),
            (second.Uri, first.RdbFile),
            (first.RdbFile, second.RdbFile),
        ];
        for (var i = 0; i < sides.Length; i++)
        {
            var (from, to) = sides[i];
            var report = $"report-{i}.ndjson";
            var result = await godwit.RunAsync(
                "verify",
                from,
                to,
                "--mode",
                "type",
                "--rounds",
                "1",
                "--report",
                report
            );

            result.ShouldHaveEnded(1);
            ReportLine
                .Read(godwit.PathOf(report))
                .ShouldHaveSingleItem()
                .ShouldBe(new("value", 0, "more", """{"of":"length"}"""));
        }
    }

    /// <summary>A server calls a module's type by a name that a file does not hold.</summary>
    [Fact]
    public async Task Verify_TypeMode_ValueOfAModulesTypeIsEqual()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var client = server.Connect();
        client.Call("VADD", "vectors", "VALUES", 3, 1, 2, 3, "element");
        await server.SaveAsync();
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "verify",
            server.RdbFile,
            server.Uri,
            "--mode",
            "type",
            "--rounds",
            "1",
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Json.GetProperty("keys").GetProperty("equal").GetInt64().ShouldBe(1);
    }

    /// <summary>Of a value that is far larger than the file's no more is read than tells that they differ.</summary>
    [Fact]
    public async Task Verify_SmallValueInAFileAndALargeOneAtTheServer_IsNotReadAsAWhole()
    {
        await using var first = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var second = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var source = first.Connect();
        using var target = second.Connect();
        source.Call("SET", "string", "");
        source.Call("XADD", "stream", "1-0", "f", "v");
        source.Call("XADD", "other", "1-0", "f", "v");
        await first.SaveAsync();
        target.Call("SETRANGE", "string", 20_000_000, "x");
        target.Call("SETRANGE", "other", 20_000_000, "x");
        const string Entries =
            "for i = 1, 200 do redis.call('XADD', 'stream', i .. '-0', 'f', string.rep(tostring(math.random()), 6000)) end";
        target.Call("EVAL", Entries, 0);
        target.Call("CONFIG", "RESETSTAT");
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "verify",
            first.RdbFile,
            second.Uri,
            "--max-memory",
            "64MiB",
            "--rounds",
            "1",
            "--report",
            "report.ndjson"
        );

        result.ShouldHaveEnded(1);
        ReportLine
            .Read(godwit.PathOf("report.ndjson"))
            .ShouldBe(
                [
                    new("value", 0, "string", """{"of":"length"}"""),
                    new("value", 0, "stream", """{"of":"length"}"""),
                    new("type", 0, "other", ""),
                ],
                ignoreOrder: true
            );
        var sent = target
            .Text("INFO", "stats")
            .Split("\r\n")
            .Single(line => line.StartsWith("total_net_output_bytes:", StringComparison.Ordinal))
            .Split(':')[1];
        long.Parse(sent, CultureInfo.InvariantCulture).ShouldBeLessThan(1_000_000);
    }
}
