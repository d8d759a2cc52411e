using System.Globalization;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Sources.Scan;

public sealed class ScanSourceTests : MigrationTest
{
    private const long Now = 1_700_000_000_000;

    [Fact]
    public async Task Read_ServerBefore7_ExpiriesAreExactToTheMillisecond()
    {
        // A clock that goes on with every third question: TIME, PTTL, TIME do not always fall into one millisecond.
        var far = 99_999_999_999_999;
        for (var i = 0; i < 100; i++)
            Source.Set($"key:{i}", "v", expireAt: i % 2 == 0 ? -1 : far + i);
        var ticks = 0;
        Source.Intercept = command =>
        {
            var now = Now + (ticks / 7);
            switch (command.Name)
            {
                case "PEXPIRETIME":
                    return "-ERR unknown command 'PEXPIRETIME'\r\n";
                case "TIME":
                    ticks++;
                    return Time(now);
                case "PTTL":
                    ticks++;
                    return !Source.Keys.TryGetValue((0, command.Key), out var value) ? ":-2\r\n"
                        : value.ExpireAt < 0 ? ":-1\r\n"
                        : $":{value.ExpireAt - now}\r\n";
                default:
                    return null;
            }
        };

        var report = await RunAsync(batch: 16);

        report.Keys.ShouldBe(new KeyCounts(100, 0, 0, 0, 0));
        foreach (var (id, value) in Source.Keys)
            Target.Keys[id].ExpireAt.ShouldBe(value.ExpireAt);
    }

    [Fact]
    public async Task Read_ServerBefore7_KeyWhoseTimeEndsMeanwhileIsNotWritten()
    {
        Source.Set("key", "v", expireAt: 1);
        var asked = 0;
        Source.Intercept = command =>
            command.Name switch
            {
                "PEXPIRETIME" => "-ERR unknown command 'PEXPIRETIME'\r\n",
                "TIME" => Time(Now),
                "PTTL" when command.Key == "key" => ++asked == 1 ? ":5\r\n" : ":-2\r\n",
                "PTTL" => ":-2\r\n",
                _ => null,
            };

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(0, 0, 0, 1, 0));
        Target.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_ExpiryIsNoInteger_EndsRatherThanTakingItFor1970()
    {
        Source.Set("key", "v");
        Source.Intercept = command => command is { Name: "PEXPIRETIME", Key: "key" } ? "+OK\r\n" : null;

        var report = await RunAsync();

        report.Failure!.Message.ShouldContain("PEXPIRETIME");
        report.Keys.Expired.ShouldBe(0);
    }

    [Fact]
    public async Task Read_Functions_ComeAlongFirst()
    {
        Source.Set("key", "v");
        const string code = "#!lua name=lib\nx";
        Source.Intercept = command =>
            command is { Name: "FUNCTION", Key: "LIST" }
                ? "*1\r\n*4\r\n$12\r\nlibrary_name\r\n$3\r\nlib\r\n$12\r\nlibrary_code\r\n"
                    + $"${code.Length}\r\n{code}\r\n"
                : null;

        var report = await RunAsync();

        report.FunctionsWritten.ShouldBe(1);
        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 0));
        Target.Log.IndexOf("FUNCTION LOAD").ShouldBeLessThan(Target.Log.LastIndexOf("RESTORE key"));
        // One is the question whether we may, in a transaction that is never executed.
        Target.Count("FUNCTION LOAD").ShouldBe(2);
    }

    [Fact]
    public async Task Read_RetryNamesALibrary_TheOthersAreLeftAlone()
    {
        Source.Set("key", "v");
        Source.Intercept = command =>
            command is { Name: "FUNCTION", Key: "LIST" } ? $"*2\r\n{Library("here")}{Library("failed")}" : null;
        Target.Intercept = command =>
            command is { Name: "FUNCTION", Key: "LOAD" } && command.Words[^1].Contains("here", StringComparison.Ordinal)
                ? "-ERR Library 'here' already exists\r\n"
                : null;
        var list = Rig.InDirectory("retry.ndjson");
        await File.WriteAllTextAsync(
            list,
            """{"db":0,"key":"failed","type":"function","size":1,"reason":"x"}""",
            TestContext.Current.CancellationToken
        );

        var report = await Rig.RunAsync(Source.Endpoint, Target.Endpoint, options => options with { RetryFile = list });

        report.FunctionsWritten.ShouldBe(1);
        report.Keys.ShouldBe(new KeyCounts(0, 0, 0, 0, 0));
    }

    [Fact]
    public async Task Read_FunctionsAreForbidden_Ends()
    {
        Source.Set("key", "v");
        Source.Info = "number_of_libraries:1";
        Source.Intercept = command => command.Name == "FUNCTION" ? "-NOPERM no\r\n" : null;

        (await RunAsync()).Failure!.Message.ShouldContain("FUNCTION LIST");

        Source.Info = "number_of_libraries:0";
        (await RunAsync()).Keys.Written.ShouldBe(1);
    }

    [Fact]
    public async Task Read_OneDatabaseIsNamed_OthersAreLeftAlone()
    {
        Source.Fill(5).Fill(5, database: 1);

        var report = await Rig.RunAsync(Source.Endpoint with { Database = 1 }, Target.Endpoint);

        report.Keys.Written.ShouldBe(5);
        Target.Keys.Keys.ShouldAllBe(id => id.Database == 1);
    }

    [Fact]
    public async Task Read_LargeValues_FewAreAskedForAhead()
    {
        byte[] value = [0x80, 0, 0x20, 0, 0, .. new byte[0x200000]];
        for (var i = 0; i < 120; i++)
            Source.Keys[(0, $"key:{i}")] = (KeyServer.Payload(RdbType.String, value), -1);
        var counts = new List<string>();
        Source.Intercept = command =>
        {
            if (command.Name == "SCAN" && command.Words[^1] != "1")
                counts.Add(command.Words[^1]);
            return null;
        };

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(120, 0, 0, 0, 0));
        counts[..2].ShouldBe(["16", "16"]);
        counts[^1].ShouldBe("3");
    }

    [Fact]
    public async Task Read_KeysAreLimited_AsksForFewAtThatRate()
    {
        Source.Fill(100);
        var counts = new List<string>();
        Source.Intercept = command =>
        {
            if (command.Name == "SCAN")
                counts.Add(command.Words[^1]);
            return null;
        };

        var report = await Rig.RunAsync(
            Source.Endpoint,
            Target.Endpoint,
            options => options with { MaxKeysPerSecond = 100 }
        );

        report.Keys.Written.ShouldBe(100);
        // The first two are the questions whether we may.
        counts[2..].ShouldAllBe(count => count == "5");
        counts.Count.ShouldBeGreaterThan(20);
        report.Duration.TotalSeconds.ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public async Task Read_BytesAreLimited_ComeAtThatRate()
    {
        Source.Fill(1000, new string('x', 60));

        var report = await Rig.RunAsync(
            Source.Endpoint,
            Target.Endpoint,
            options => options with { MaxBytesPerSecond = 100_000 }
        );

        report.Keys.Written.ShouldBe(1000);
        report.BytesRead.ShouldBeGreaterThan(90_000);
        report.Duration.TotalSeconds.ShouldBeGreaterThan(report.BytesRead / 100_000.0 * 0.8);
    }

    private static string Library(string name)
    {
        var code = $"#!lua name={name}\nx";
        return $"*4\r\n$12\r\nlibrary_name\r\n${name.Length}\r\n{name}\r\n"
            + $"$12\r\nlibrary_code\r\n${code.Length}\r\n{code}\r\n";
    }

    private static string Time(long now)
    {
        var seconds = (now / 1000).ToString(CultureInfo.InvariantCulture);
        var micros = (now % 1000 * 1000).ToString(CultureInfo.InvariantCulture);
        return $"*2\r\n${seconds.Length}\r\n{seconds}\r\n${micros.Length}\r\n{micros}\r\n";
    }

    private Task<MigrationReport> RunAsync(int? batch = null) =>
        Rig.RunAsync(Source.Endpoint, Target.Endpoint, options => options with { Batch = batch });
}
