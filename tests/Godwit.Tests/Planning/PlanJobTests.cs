using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Planning;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Planning;

/// <summary>Plans with servers within the test, which show what was sent and misbehave as they are told.</summary>
public sealed class PlanJobTests : IAsyncLifetime
{
    private static readonly string[] Writes =
    [
        "RESTORE",
        "SET ",
        "DEL",
        "RENAMENX",
        "PEXPIREAT",
        "FLUSHALL",
        "FLUSHDB",
        "EXEC",
        "PSYNC",
        "FUNCTION LOAD",
        "CONFIG SET",
    ];

    private readonly KeyServer _source = new() { Intercept = AnswerQuestions };
    private readonly KeyServer _target = new() { Intercept = AnswerQuestions };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task Run_NothingWrong_IsOkAndLeavesBothAsTheyWere()
    {
        _source.Fill(300).Fill(3, database: 5);

        var report = await RunAsync();

        report.Worst.ShouldBe(Severity.Ok, Words(report));
        report.Sources[0].End.Keys.ShouldBe(303);
        report.Sources[0].Sample!.Keys.Count.ShouldBe(303);
        report.Sources[0].Sample!.Keys.Count(key => key.Database == 5).ShouldBe(3);
        report.BiggestKeys.Count.ShouldBe(20);
        report.Estimate!.Keys.ShouldBe(303);
        report.Estimate.Duration.ShouldNotBeNull();
        _target.Keys.ShouldBeEmpty();
        _source.Keys.Count.ShouldBe(303);
    }

    [Fact]
    public async Task Run_CommandsThatAreAskedAbout_WaitInATransactionThatNeverEnds()
    {
        _source.Fill(10);

        await RunAsync();

        // One transaction of the sources' rights is ended: it is empty. EXEC is asked about where there is no transaction.
        _target.Count("EXEC").ShouldBe(1);
        _target.Count("MULTI").ShouldBe(1);
        _target.Count("RESTORE").ShouldBe(1);
        _target.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_ServerRunsWhatItShouldHoldBack_IsAskedNoMore()
    {
        _source.Fill(10);
        _target.Intercept = command =>
            command.Name == "SUBSCRIBE"
                ? "*3\r\n$9\r\nsubscribe\r\n$12\r\ngodwit:probe\r\n:1\r\n"
                : AnswerQuestions(command);

        var report = await RunAsync();

        report.Worst.ShouldBe(Severity.Ok, Words(report));
        foreach (var write in Writes)
            _target.Count(write).ShouldBe(0, write);
    }

    [Fact]
    public async Task Run_AnotherProduct_IsSentNoWriteAtAll()
    {
        _source.Fill(10);
        _target.Info = "dragonfly_version:df-v1.21.0";

        await RunAsync();

        foreach (var write in Writes.Append("SUBSCRIBE").Append("MULTI"))
            _target.Count(write).ShouldBe(0, write);
    }

    [Fact]
    public async Task Run_FlushIsWanted_FlushIsNeverSent()
    {
        _source.Fill(10);
        _target.Fill(10);

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Worst.ShouldBe(Severity.Ok, Words(report));
        _target.Count("FLUSH").ShouldBe(0);
        _target.Keys.Count.ShouldBe(10);
    }

    [Fact]
    public async Task Run_ModuleTypesThatTheTargetLacks_Warns()
    {
        _source.Fill(10);
        _source.Intercept = command =>
            command.Name switch
            {
                "TYPE" when command.Key == "key:3" => "+ReJSON-RL\r\n",
                "MODULE" => "*1\r\n*4\r\n$4\r\nname\r\n$6\r\nReJSON\r\n$3\r\nver\r\n:20000\r\n",
                _ => AnswerQuestions(command),
            };

        var report = await RunAsync();

        var finding = Found(report, CheckNames.Types);
        finding.Severity.ShouldBe(Severity.Warning);
        finding.Message.ShouldContain("1 of 10");
        finding.Message.ShouldContain("ReJSON-RL");
        Found(report, CheckNames.Modules).Severity.ShouldBe(Severity.Warning);
    }

    [Fact]
    public async Task Run_KeysOnBothSides_AreCounted()
    {
        _source.Fill(10);
        _target.Set("key:3", "mine");
        _target.Set("key:4", "mine");

        var report = await RunAsync(options => options with { OnExisting = OnExisting.Skip });

        Found(report, CheckNames.BothSides).Message.ShouldContain("2 of 10");
        report.Findings.ShouldNotContain(found => found.Finding.Check == CheckNames.NotEmpty);
        report.Worst.ShouldBe(Severity.Warning, Words(report));
    }

    [Fact]
    public async Task Run_TargetIsNotEmpty_IsTheStopOfAMigration()
    {
        _source.Fill(10);
        _target.Set("another", "mine");

        var report = await RunAsync();

        report.Worst.ShouldBe(Severity.Stop);
        Found(report, CheckNames.NotEmpty).WayOut!.ShouldContain("--on-existing");
    }

    [Fact]
    public async Task Run_TargetHasFewerDatabases_Warns()
    {
        await using var target = new KeyServer { Databases = 4, Intercept = AnswerQuestions };
        _source.Fill(3).Fill(3, database: 9);

        var report = await RunAsync(options => options with { Target = target.Endpoint });

        var databases = report.Findings.Where(found => found.Finding.Check == CheckNames.Databases).ToArray();
        databases.ShouldContain(found =>
            found.Finding.Severity == Severity.Warning && found.Finding.Message.Contains("no database 9")
        );
    }

    [Fact]
    public async Task Run_SourceTellsNoSizes_ReadsNoValue()
    {
        _source.Fill(50);
        _source.Intercept = command => command.Name == "MEMORY" ? "-NOPERM no\r\n" : AnswerQuestions(command);

        var report = await RunAsync(options => options with { Read = ReadMode.Scan });

        // The rights are tried with a key that is not there.
        _source.Count("DUMP key").ShouldBe(0);
        report.Sources[0].Sample!.Obstacle.ShouldNotBeNull().ShouldContain("MEMORY USAGE");
        report.Estimate.ShouldBeNull();
        Found(report, CheckNames.SourceRights).Message.ShouldContain("read whole");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 50)]
    public async Task Run_SourceEvictsByUse_ReadsNoValueUnlessThatIsNoUse(bool hasNoTouch, int dumped)
    {
        _source.Fill(50).Info = "maxmemory_policy:allkeys-lru";
        _source.Intercept = command =>
            command is { Name: "CLIENT", Key: "NO-TOUCH" } && !hasNoTouch
                ? "-ERR Unknown subcommand\r\n"
                : AnswerQuestions(command);

        await RunAsync();

        _source.Count("DUMP key").ShouldBe(dumped);
    }

    [Fact]
    public async Task Run_LargeValues_AreNotRead()
    {
        _source.Fill(20);
        _source.Intercept = command =>
            command.Name == "MEMORY" && command.Words[2] == "key:7" ? ":2000000\r\n" : AnswerQuestions(command);

        var report = await RunAsync();

        _source.Count("DUMP key:7").ShouldBe(0);
        _source.Count("DUMP key:8").ShouldBe(1);
        report.BiggestKeys[0].Key.Memory.ShouldBe(2_000_000);
        report.Estimate!.Assumption.ShouldContain("1 MiB");
    }

    [Fact]
    public async Task Run_TargetCannotBeReached_TellsOfTheSourceAllTheSame()
    {
        _source.Fill(10);

        var report = await RunAsync(options =>
            options with
            {
                Target = new RedisEndpoint { Host = "127.0.0.1", Port = 1 },
            }
        );

        Found(report, CheckNames.Connection).Severity.ShouldBe(Severity.Stop);
        report.Sources[0].End.Keys.ShouldBe(10);
        report.Sources[0].Sample!.Keys.Count.ShouldBe(10);
    }

    [Theory]
    [InlineData("SCAN")]
    [InlineData("MEMORY")]
    [InlineData("CONFIG")]
    [InlineData("WATCH")]
    [InlineData("INFO")]
    public async Task Run_SourceBreaksOff_IsAFinding(string at)
    {
        _source.Fill(10);
        _source.Intercept = command => command.Name == at ? KeyServer.Close : AnswerQuestions(command);

        var report = await RunAsync();

        report.Worst.ShouldBe(Severity.Stop);
        Found(report, CheckNames.Connection).Severity.ShouldBe(Severity.Stop);
    }

    [Fact]
    public async Task Run_TargetBreaksOff_IsAFinding()
    {
        _source.Fill(10);
        _target.Intercept = command => command.Name == "EXISTS" ? KeyServer.Close : AnswerQuestions(command);

        var report = await RunAsync();

        Found(report, CheckNames.Connection).Severity.ShouldBe(Severity.Stop);
        report.Target.End.Server.ShouldBe("redis 7.2.0");
    }

    [Fact]
    public async Task Run_Stopped_EndsSoon()
    {
        _source.Fill(10);
        using var stop = new CancellationTokenSource();
        _source.Intercept = command =>
        {
            if (command.Name == "SCAN")
                stop.Cancel();
            return command.Name == "SCAN" ? KeyServer.Hang : AnswerQuestions(command);
        };
        var options = new MigrationOptions { Sources = [_source.Endpoint], Target = _target.Endpoint };
        var job = new PlanJob(options, new PlanSettings(), TimeProvider.System);

        await Should.ThrowAsync<OperationCanceledException>(() =>
            job.RunAsync(stop.Token).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)
        );
    }

    // What the server within the test does not know by itself.
    private static string? AnswerQuestions(KeyCommand command) =>
        command.Name switch
        {
            "TYPE" => "+string\r\n",
            "FUNCTION" when command.Key == "LIST" => "*0\r\n",
            "CONFIG" => "*0\r\n",
            _ => null,
        };

    private static Finding Found(PlanReport report, string check) =>
        report
            .Findings.Select(found => found.Finding)
            .Where(finding => finding.Check == check)
            .MaxBy(finding => finding.Severity)
            .ShouldNotBeNull(Words(report));

    private static string Words(PlanReport report) =>
        string.Join(
            '\n',
            report.Findings.Select(found => $"{found.Finding.Severity} {found.Finding.Check} {found.Finding}")
        );

    private Task<PlanReport> RunAsync(Func<MigrationOptions, MigrationOptions>? change = null)
    {
        var options = new MigrationOptions { Sources = [_source.Endpoint], Target = _target.Endpoint };
        var settings = new PlanSettings { RateInterval = TimeSpan.FromMilliseconds(20) };
        return new PlanJob(change?.Invoke(options) ?? options, settings, TimeProvider.System)
            .RunAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }
}
