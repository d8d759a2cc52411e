using Godwit.Migration;

namespace Godwit.Tests.Migration;

/// <summary>What a migration that goes well, or nearly, does with each key.</summary>
public sealed class MigrationJobTests : MigrationTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_ManyKeys_AllArrive(int connections)
    {
        Source.Fill(3000);
        Source.Set("expiring", "x", database: 3, expireAt: 99999999999999);

        var report = await RunAsync(options => options with { Connections = connections, Batch = 7 });

        report.Failure.ShouldBeNull();
        report.Status.ShouldBe(MigrationStatus.Completed);
        report.Keys.ShouldBe(new KeyCounts(3001, 0, 0, 0, 0));
        ShouldBeEqual();
        report.ResumeCommand.ShouldBeNull();
        report.ErrorsFile.ShouldBeNull();
        File.Exists(Rig.ErrorsFile).ShouldBeFalse();
    }

    [Theory]
    [InlineData(WriteMode.Restore)]
    [InlineData(WriteMode.Commands)]
    internal async Task Run_RepliesByteByByte_AllArrive(WriteMode write)
    {
        await using var source = new KeyServer { IsSlow = true };
        await using var target = new KeyServer { IsSlow = true };
        source.Fill(50).Set("expiring", "x", database: 1, expireAt: 99999999999999);

        var report = await Rig.RunAsync(source.Endpoint, target.Endpoint, options => options with { Write = write });

        report.Keys.ShouldBe(new KeyCounts(51, 0, 0, 0, 0));
        target.Keys.Keys.ShouldBe(source.Keys.Keys, ignoreOrder: true);
        target.Keys[(1, "expiring")].ExpireAt.ShouldBe(99999999999999);
    }

    [Fact]
    public async Task Run_KeyVanishesBetweenScanAndDump_CountsAsExpired()
    {
        Source.Fill(5);
        Source.ScanRounds =
        [
            ["key:0", "gone", "key:1"],
            ["key:2", "key:3"],
            ["gone, too", "key:4"],
        ];

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(5, 0, 0, Expired: 2, 0));
        ShouldBeEqual();
    }

    [Theory]
    [InlineData(OnExisting.Fail, 1, 0, 0)]
    [InlineData(OnExisting.Skip, 1, 1, 0)]
    [InlineData(OnExisting.Replace, 2, 0, 0)]
    internal async Task Run_ScanGivesAKeyTwice_NothingFails(OnExisting policy, int written, int skipped, int failed)
    {
        Source.Set("key", "v");
        Source.ScanRounds =
        [
            ["key"],
            ["key"],
        ];

        var report = await RunAsync(options => options with { OnExisting = policy });

        report.Keys.ShouldBe(new KeyCounts(written, skipped, 0, 0, failed));
        report.Status.ShouldBe(MigrationStatus.Completed);
        ShouldBeEqual();
        Target.Keys.Count.ShouldBe(1);
    }

    // The target has what was read the first time, and that is no failure.
    [Theory]
    [InlineData("key:0", "key:1", "key:2", "key:0")]
    [InlineData("key:0", "key:0", "key:1", "key:2")]
    public async Task Run_ScanGivesAKeyTwiceThatHasChanged_NothingFails(params string[] given)
    {
        Source.Fill(3);
        Source.ScanRounds = [.. given.Chunk(1)];
        Source.Intercept = command =>
        {
            if (command is { Name: "PEXPIRETIME", Key: "key:0" })
                Source.Set("key:0", "changed");
            return null;
        };

        var report = await RunAsync();

        report.Status.ShouldBe(MigrationStatus.Completed);
        report.Keys.ShouldBe(new KeyCounts(3, 0, 0, 0, 0));
        Target.Text("key:0").ShouldBe("v");
    }

    [Fact]
    public async Task Run_SomebodyElseWritesAKeyMeanwhile_ItFailsAndStays()
    {
        Source.Fill(3);
        Target.Intercept = command =>
        {
            if (command is { Name: "RESTORE", Key: "key:1" })
                Target.Set("key:1", "theirs");
            return null;
        };

        var report = await RunAsync();

        report.Status.ShouldBe(MigrationStatus.Partial);
        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
        Target.Keys[(0, "key:1")].Payload.ShouldBe(KeyServer.StringPayload("theirs"));
        Target.Keys.Count.ShouldBe(3);
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("has this key already");
        report.ResumeCommand.ShouldBe($"godwit migrate source target --retry {Rig.ErrorsFile}");
    }

    [Fact]
    public async Task Run_TargetMayNotBeAskedForDuplicates_KeyFailsAndTheRunGoesOn()
    {
        Source.Fill(3);
        Target.Intercept = command =>
        {
            if (command is { Name: "RESTORE", Key: "key:1" })
                Target.Set("key:1", "v");
            return command.Name == "DUMP" ? "-NOPERM no\r\n" : null;
        };

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
    }

    [Fact]
    public async Task Run_TargetHasFewerDatabases_KeysFailAndNoneLandsElsewhere()
    {
        await using var target = new KeyServer { Databases = 4 };
        Source.Fill(20).Fill(20, database: 9).Fill(20, database: 3);

        var report = await Rig.RunAsync(Source.Endpoint, target.Endpoint);

        report.Keys.ShouldBe(new KeyCounts(40, 0, 0, 0, 20));
        target.Keys.Keys.Select(id => id.Database).Distinct().ShouldBe([0, 3], ignoreOrder: true);
        Rig.Failed().ShouldAllBe(line => line.Contains("no database 9"));
    }

    [Fact]
    public async Task Run_TargetNamesADatabase_KeysOfOneSourceDatabaseGoThere()
    {
        Source.Fill(20, database: 2);

        var report = await Rig.RunAsync(Source.Endpoint, Target.Endpoint with { Database = 5 });

        report.Keys.Written.ShouldBe(20);
        Target.Keys.Keys.ShouldAllBe(id => id.Database == 5);
    }

    [Theory]
    [InlineData("INFO")]
    [InlineData("SCAN")]
    [InlineData("DUMP")]
    [InlineData("RESTORE")]
    public async Task Run_StoppedAtAStage_EndsInOrder(string stage)
    {
        Source.Fill(2000);
        using var stop = new CancellationTokenSource();
        var seen = 0;
        string? StopAt(KeyCommand command)
        {
            if (command.Name == stage && ++seen == (stage is "DUMP" or "RESTORE" ? 400 : 1))
                stop.Cancel();
            return null;
        }

        Source.Intercept = StopAt;
        Target.Intercept = stage == "RESTORE" ? StopAt : _ => null;

        var report = await Rig.RunAsync(
            Source.Endpoint,
            Target.Endpoint,
            options => options with { Batch = 20 },
            stop: stop
        );

        report.Status.ShouldBe(MigrationStatus.Interrupted);
        report.Failure.ShouldBeNull();
        report.Keys.Read.ShouldBe(Target.Keys.Count);
        report.Keys.Read.ShouldBeLessThan(2000);
    }

    [Fact]
    public async Task Run_StoppedWhenAllIsDone_IsCompleted()
    {
        Source.Set("key", "v");
        using var stop = new CancellationTokenSource();
        Target.Intercept = command =>
        {
            if (command.Name == "RESTORE" && IsKey(command))
            {
                SpinWait.SpinUntil(() => Rig.Run!.Progress.Phase == "finishing", TimeSpan.FromMinutes(1));
                stop.Cancel();
            }

            return null;
        };

        var report = await Rig.RunAsync(Source.Endpoint, Target.Endpoint, stop: stop);

        stop.IsCancellationRequested.ShouldBeTrue();
        report.Status.ShouldBe(MigrationStatus.Completed);
    }

    [Fact]
    public async Task Run_SourceForbidsOneKey_ItIsNamedAndTheOthersArrive()
    {
        Source.Fill(10);
        Source.Intercept = command =>
            command is { Name: "DUMP" or "PEXPIRETIME", Key: "key:4" } ? "-NOPERM not this key\r\n" : null;

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(9, 0, 0, 0, 1));
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("the source answered: NOPERM not this key");
    }

    [Fact]
    public async Task Run_Retry_TriesTheNamedKeysAndAccountsForAll()
    {
        Source.Fill(10);
        Target.Set("key:2", "v");
        var list = Rig.InDirectory("retry.ndjson");
        await File.WriteAllLinesAsync(
            list,
            new[] { "key:1", "key:2", "gone" }.Select(key =>
                $$"""{"db":0,"key":"{{key}}","type":"string","size":1,"reason":"x"}"""
            ),
            TestContext.Current.CancellationToken
        );

        var report = await RunAsync(options => options with { RetryFile = list, ErrorsFile = list });

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, Expired: 1, Failed: 1));
        report.ErrorsFile.ShouldBe(Rig.InDirectory("retry.1.ndjson"));
        report.ResumeCommand.ShouldBe($"godwit migrate source target --retry {report.ErrorsFile}");
    }
}
