using System.Globalization;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Migration;

public sealed class MigrationJobTests : IAsyncLifetime
{
    private readonly KeyServer _source = new();
    private readonly KeyServer _target = new();
    private readonly MigrationRig _rig = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _target.DisposeAsync();
        _rig.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_ManyKeys_AllArrive(int connections)
    {
        _source.Fill(3000);
        _source.Set("expiring", "x", database: 3, expireAt: 99999999999999);

        var report = await RunAsync(options => options with { Connections = connections, Batch = 7 });

        report.Failure.ShouldBeNull();
        report.Status.ShouldBe(MigrationStatus.Completed);
        report.Keys.ShouldBe(new KeyCounts(3001, 0, 0, 0, 0));
        ShouldBeEqual();
        report.ResumeCommand.ShouldBeNull();
        report.ErrorsFile.ShouldBeNull();
        File.Exists(_rig.ErrorsFile).ShouldBeFalse();
    }

    [Theory]
    [InlineData(WriteMode.Restore)]
    [InlineData(WriteMode.Commands)]
    internal async Task Run_RepliesByteByByte_AllArrive(WriteMode write)
    {
        await using var source = new KeyServer { IsSlow = true };
        await using var target = new KeyServer { IsSlow = true };
        source.Fill(50).Set("expiring", "x", database: 1, expireAt: 99999999999999);

        var report = await _rig.RunAsync(source.Endpoint, target.Endpoint, options => options with { Write = write });

        report.Keys.ShouldBe(new KeyCounts(51, 0, 0, 0, 0));
        target.Keys.Keys.ShouldBe(source.Keys.Keys, ignoreOrder: true);
        target.Keys[(1, "expiring")].ExpireAt.ShouldBe(99999999999999);
    }

    [Fact]
    public async Task Run_KeyVanishesBetweenScanAndDump_CountsAsExpired()
    {
        _source.Fill(5);
        _source.ScanRounds =
        [
            ["key:0", "gone", "key:1"],
            ["key:2", "key:3"],
            ["gone", "key:4"],
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
        _source.Set("key", "v");
        _source.ScanRounds =
        [
            ["key"],
            ["key"],
        ];

        var report = await RunAsync(options => options with { OnExisting = policy });

        report.Keys.ShouldBe(new KeyCounts(written, skipped, 0, 0, failed));
        report.Status.ShouldBe(MigrationStatus.Completed);
        ShouldBeEqual();
        _target.Keys.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Run_SomebodyElseWritesAKeyMeanwhile_ItFailsAndStays()
    {
        _source.Fill(3);
        _target.Intercept = command =>
        {
            if (command is { Name: "RESTORE", Key: "key:1" })
                _target.Set("key:1", "theirs");
            return null;
        };

        var report = await RunAsync();

        report.Status.ShouldBe(MigrationStatus.Partial);
        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
        _target.Keys[(0, "key:1")].Payload.ShouldBe(KeyServer.StringPayload("theirs"));
        _target.Keys.Count.ShouldBe(3);
        _rig.Failed().ShouldHaveSingleItem().ShouldContain("has this key already");
        report.ResumeCommand.ShouldBe($"godwit migrate source target --retry {_rig.ErrorsFile}");
    }

    [Fact]
    public async Task Run_TargetMayNotBeAskedForDuplicates_KeyFailsAndTheRunGoesOn()
    {
        _source.Fill(3);
        _source.ScanRounds =
        [
            ["key:0", "key:1"],
            ["key:1", "key:2"],
        ];
        _target.Intercept = command => command.Name == "DUMP" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(3, 0, 0, 0, 1));
    }

    [Theory]
    [InlineData("-ERR Bad data format")]
    [InlineData("-NOPERM No permissions to access a key")]
    [InlineData("-ERR DUMP payload version or checksum are wrong")]
    public async Task Run_TargetRefusesOneKey_ItIsNamedAndTheOthersArrive(string error)
    {
        _source.Fill(100);
        _target.Intercept = command =>
            command is { Name: "RESTORE", Key: "key:50" } ? $"{error}, with args beginning with: 'secret'\r\n" : null;

        var report = await RunAsync();

        report.Status.ShouldBe(MigrationStatus.Partial);
        report.Keys.ShouldBe(new KeyCounts(99, 0, 0, 0, 1));
        var line = _rig.Failed().ShouldHaveSingleItem();
        line.ShouldContain(error[1..]);
        line.ShouldContain("\"key\":\"key:50\"");
        line.ShouldNotContain("secret");
        report.ErrorsFile.ShouldBe(_rig.ErrorsFile);
    }

    [Theory]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.\r\n", typeof(TargetFullException))]
    [InlineData("-READONLY You can't write against a read only replica.\r\n", typeof(ServerErrorException))]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", typeof(ServerErrorException))]
    [InlineData("-MISCONF Errors writing to the AOF file\r\n", typeof(ServerErrorException))]
    public async Task Run_TargetRefusesAllFromTheMiddleOn_StopsAndCountsWhatWasWritten(string error, Type expected)
    {
        _source.Fill(2000);
        var restored = 0;
        _target.Intercept = command => command.Name == "RESTORE" && IsKey(command) && ++restored > 700 ? error : null;

        var report = await RunAsync(options => options with { Batch = 50 });

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Exception.ShouldBeOfType(expected);
        report.Failure.BeforeFirstWrite.ShouldBeFalse();
        report.Keys.ShouldBe(new KeyCounts(700, 0, 0, 0, 0));
        _rig.Failed().ShouldBeEmpty();
        report.ResumeCommand.ShouldBe("godwit migrate source target --on-existing skip");
    }

    [Fact]
    public async Task Run_TargetRefusesOneWriteAndTakesTheRest_EachReplyIsCounted()
    {
        // Several connections, and one refusal: what was under way on all of them was written, and is counted.
        _source.Fill(5000);
        var restored = 0;
        _target.Intercept = command =>
            command.Name == "RESTORE" && IsKey(command) && ++restored == 1000 ? "-OOM full\r\n" : null;

        var report = await RunAsync(options => options with { Batch = 20, Connections = 4 });

        report.Failure!.Exception.ShouldBeOfType<TargetFullException>();
        report.Keys.Written.ShouldBe(_target.Keys.Count);
        report.Keys.Read.ShouldBe(_target.Keys.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_MoreErrorsThanAllowed_StopsAndNamesThem(int connections)
    {
        _source.Fill(3000);
        _target.Intercept = command => command.Name == "RESTORE" && IsKey(command) ? "-ERR Bad data format\r\n" : null;

        var report = await RunAsync(options => options with { Batch = 10, MaxErrors = 100, Connections = connections });

        report.Failure!.Exception.ShouldBeOfType<TooManyErrorsException>();
        report.Keys.Failed.ShouldBeInRange(101, 2999);
        _rig.Failed().Length.ShouldBe((int)report.Keys.Failed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_TargetClosesInTheMiddle_EndsWithTheCause(int connections)
    {
        _source.Fill(3000);
        var restored = 0;
        _target.Intercept = command =>
            command.Name == "RESTORE" && IsKey(command) && ++restored >= 500 ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { Batch = 50, Connections = connections });

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Exception.ShouldBeOfType<ConnectionException>();
        report.Failure.BeforeFirstWrite.ShouldBeFalse();
        report.Keys.Failed.ShouldBe(0);
        report.Keys.Written.ShouldBeLessThanOrEqualTo(_target.Keys.Count);
        report.ResumeCommand.ShouldNotBeNull();
    }

    [Fact]
    public async Task Run_SourceClosesInTheMiddle_WhatCameIsWrittenAndCounted()
    {
        _source.Fill(1000);
        _source.Intercept = command => command is { Name: "DUMP", Key: "key:600" } ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { Batch = 100 });

        report.Failure!.Exception.ShouldBeOfType<ConnectionException>().Endpoint.ShouldContain(Port(_source));
        report.Keys.Written.ShouldBe(_target.Keys.Count);
        report.Keys.Written.ShouldBeGreaterThanOrEqualTo(500);
    }

    [Fact]
    public async Task Run_BothBreak_TellsBoth()
    {
        _source.Fill(1000);
        var restored = 0;
        _source.Intercept = command => command is { Name: "DUMP", Key: "key:990" } ? KeyServer.Close : null;
        _target.Intercept = command =>
            command.Name == "RESTORE" && IsKey(command) && ++restored > 10 ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { Batch = 500 });

        string[] told = [report.Failure!.Message, .. _rig.Log];
        told.ShouldContain(line => line.Contains(Port(_target)) && line.Contains("closed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_TargetIsSilent_EndsAfterTheLimit()
    {
        _source.Fill(10);
        var hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _target.Intercept = command =>
        {
            if (command.Name != "RESTORE" || !IsKey(command))
                return null;
            hung.TrySetResult();
            return KeyServer.Hang;
        };

        var clock = new ManualTimeProvider();
        var running = _rig.RunAsync(_source.Endpoint, _target.Endpoint, timeProvider: clock);
        await hung.Task;
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var report = await running;
        report.Failure!.Message.ShouldContain("silent");
        report.Keys.Read.ShouldBe(0);
    }

    [Fact]
    public async Task Run_TargetHasFewerDatabases_KeysFailAndNoneLandsElsewhere()
    {
        await using var target = new KeyServer { Databases = 4 };
        _source.Fill(20).Fill(20, database: 9).Fill(20, database: 3);

        var report = await _rig.RunAsync(_source.Endpoint, target.Endpoint);

        report.Keys.ShouldBe(new KeyCounts(40, 0, 0, 0, 20));
        target.Keys.Keys.Select(id => id.Database).Distinct().ShouldBe([0, 3], ignoreOrder: true);
        _rig.Failed().ShouldAllBe(line => line.Contains("no database 9"));
    }

    [Fact]
    public async Task Run_TargetNamesADatabase_KeysOfOneSourceDatabaseGoThere()
    {
        _source.Fill(20, database: 2);

        var report = await _rig.RunAsync(_source.Endpoint, _target.Endpoint with { Database = 5 });

        report.Keys.Written.ShouldBe(20);
        _target.Keys.Keys.ShouldAllBe(id => id.Database == 5);
    }

    [Theory]
    [InlineData("INFO")]
    [InlineData("SCAN")]
    [InlineData("DUMP")]
    [InlineData("RESTORE")]
    public async Task Run_StoppedAtAStage_EndsInOrder(string stage)
    {
        _source.Fill(2000);
        using var stop = new CancellationTokenSource();
        var seen = 0;
        string? StopAt(KeyCommand command)
        {
            if (command.Name == stage && ++seen == (stage is "DUMP" or "RESTORE" ? 400 : 1))
                stop.Cancel();
            return null;
        }

        _source.Intercept = StopAt;
        _target.Intercept = stage == "RESTORE" ? StopAt : _ => null;

        var report = await _rig.RunAsync(
            _source.Endpoint,
            _target.Endpoint,
            options => options with { Batch = 20 },
            stop: stop
        );

        report.Status.ShouldBe(MigrationStatus.Interrupted);
        report.Failure.ShouldBeNull();
        report.Keys.Read.ShouldBe(_target.Keys.Count);
        report.Keys.Read.ShouldBeLessThan(2000);
    }

    [Fact]
    public async Task Run_StoppedWhenAllIsDone_IsCompleted()
    {
        _source.Set("key", "v");
        using var stop = new CancellationTokenSource();
        _target.Intercept = command =>
        {
            if (command.Name == "RESTORE" && IsKey(command))
            {
                SpinWait.SpinUntil(() => _rig.Run!.Progress.Phase == "finishing", TimeSpan.FromMinutes(1));
                stop.Cancel();
            }

            return null;
        };

        var report = await _rig.RunAsync(_source.Endpoint, _target.Endpoint, stop: stop);

        stop.IsCancellationRequested.ShouldBeTrue();
        report.Status.ShouldBe(MigrationStatus.Completed);
    }

    [Fact]
    public async Task Run_ErrorsFileCannotBeWritten_RefusesBeforeTheFirstWrite()
    {
        _source.Fill(3);

        var report = await RunAsync(options =>
            options with
            {
                ErrorsFile = _rig.InDirectory("no/such/directory/errors.ndjson"),
            }
        );

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.WhatToDo!.ShouldContain("--errors");
        _target.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_ErrorsFileIsOnAFullDisk_StopsAndSaysSo()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        _source.Fill(3);
        _target.Intercept = command => command is { Name: "RESTORE", Key: "key:1" } ? "-ERR Bad data format\r\n" : null;

        var report = await RunAsync(options => options with { ErrorsFile = "/dev/full" });

        report.Failure!.Exception.ShouldBeOfType<FileFailureException>();
        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
    }

    [Fact]
    public async Task Run_JsonIsOnAFullDisk_StopsAndSaysSo()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        _source.Fill(3);

        var report = await _rig.RunAsync(_source.Endpoint, new JsonEndpoint("/dev/full"));

        report.Failure!.Exception.ShouldBeOfType<FileFailureException>();
        report.Keys.Written.ShouldBe(0);
    }

    [Theory]
    [InlineData(WriteMode.Restore)]
    [InlineData(WriteMode.Commands)]
    internal async Task Run_PayloadIsDamagedOnTheWay_KeyFails(WriteMode write)
    {
        _source.Fill(3);
        var damaged = KeyServer.StringPayload("value");
        damaged[3] ^= 1;
        _source.Keys[(0, "key:1")] = (damaged, -1);

        var report = await RunAsync(options => options with { Write = write });

        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
        _rig.Failed().ShouldHaveSingleItem().ShouldContain("checksum");
    }

    [Fact]
    public async Task Run_DamagedPayloadWouldBeSignedAnew_KeyFails()
    {
        // The target takes 11 and not 12, so that a new signature is due.
        var damaged = KeyServer.Payload(RdbType.String, [1, (byte)'v'], version: 12);
        damaged[2] ^= 1;
        _source.Keys[(0, "bad")] = (damaged, -1);
        _source.Keys[(0, "good")] = (KeyServer.Payload(RdbType.String, [1, (byte)'v'], version: 12), -1);

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 1));
        _target.Keys.Keys.ShouldBe([(0, "good")]);
        _rig.Failed().ShouldHaveSingleItem().ShouldContain("checksum");
    }

    [Fact]
    public async Task Run_TransactionFails_KeyFailsAndNothingIsLeft()
    {
        _source.Fill(10);
        _target.Intercept = command =>
            command.Name == "SET" && command.Key.StartsWith("key:4", StringComparison.Ordinal) ? "-ERR no\r\n" : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Keys.ShouldBe(new KeyCounts(9, 0, 0, 0, 1));
        _target.Keys.Count.ShouldBe(9);
        _rig.Failed().ShouldHaveSingleItem().ShouldContain("the target answered: ERR no");
    }

    [Theory]
    [InlineData("*-1\r\n")]
    [InlineData("*0\r\n")]
    [InlineData("-ERR EXEC without MULTI\r\n")]
    public async Task Run_ExecSaysNothingOfUse_KeyFails(string reply)
    {
        _source.Fill(3);
        _target.Intercept = command => command.Name == "EXEC" && _target.Count("SET ") == 2 ? reply : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Keys.Failed.ShouldBeGreaterThan(0);
        report.Keys.Read.ShouldBe(3);
    }

    [Theory]
    [InlineData(OnExisting.Fail, 0, 1)]
    [InlineData(OnExisting.Skip, 1, 0)]
    internal async Task Run_CommandsFindTheNameTaken_TheirsStays(OnExisting policy, int skipped, int failed)
    {
        _source.Fill(3);
        _target.Intercept = command =>
        {
            if (command.Name == "MULTI")
                _target.Set("key:1", "theirs");
            return null;
        };

        var report = await RunAsync(options => options with { Write = WriteMode.Commands, OnExisting = policy });

        report.Keys.ShouldBe(new KeyCounts(2, skipped, 0, 0, failed));
        _target.Keys[(0, "key:1")].Payload.ShouldBe(KeyServer.StringPayload("theirs"));
        _target.Keys.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Run_KeyIsOverByTheTargetsClock_CountsAsExpired()
    {
        _source.Set("key", "v", expireAt: 99999999999999);
        _target.Intercept = command =>
            command.Name == "EXEC" && _target.Count("PEXPIREAT ") > 0
                ? "*4\r\n+OK\r\n:1\r\n-ERR no such key\r\n:0\r\n"
                : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Keys.ShouldBe(new KeyCounts(0, 0, 0, 1, 0));
    }

    [Fact]
    public async Task Run_TargetHasNoTransactions_CommandsAreRefusedBeforeTheFirstWrite()
    {
        // The commands of a refused MULTI would be carried out one by one.
        _source.Fill(3);
        _target.Intercept = command => command.Name == "MULTI" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("MULTI");
        _target.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_SourceForbidsOneKey_ItIsNamedAndTheOthersArrive()
    {
        _source.Fill(10);
        _source.Intercept = command =>
            command is { Name: "DUMP" or "PEXPIRETIME", Key: "key:4" } ? "-NOPERM not this key\r\n" : null;

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(9, 0, 0, 0, 1));
        _rig.Failed().ShouldHaveSingleItem().ShouldContain("the source answered: NOPERM not this key");
    }

    [Fact]
    public async Task Run_SourceDoesNotTellItsDatabases_Refuses()
    {
        _source.Fill(10);
        _source.Intercept = command => command.Name == "INFO" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync();

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("INFO");
        (await _rig.RunAsync(_source.Endpoint with { Database = 0 }, _target.Endpoint)).Keys.Written.ShouldBe(10);
    }

    [Fact]
    public async Task Run_SourceLoads_Refuses()
    {
        _source.Info = "loading:1";

        var report = await RunAsync(options => options with { Read = ReadMode.Sync });

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("still loading");
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(1, null, true)]
    [InlineData(null, 1, true)]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, false)]
    public async Task Run_BothEndsAreOneServer_RefusesUnlessTheDatabasesDiffer(int? from, int? to, bool refused)
    {
        _source.Fill(10, database: 1);
        await using var alias = new KeyServer { RunId = _source.RunId };

        var itself = await _rig.RunAsync(
            _source.Endpoint with
            {
                Database = from,
            },
            _source.Endpoint with
            {
                Database = to,
            },
            options => options with { FlushTarget = refused }
        );
        var byAnotherName = await _rig.RunAsync(
            _source.Endpoint with
            {
                Database = from,
            },
            alias.Endpoint with
            {
                Database = to,
            }
        );

        foreach (var report in new[] { itself, byAnotherName })
            (report.Failure is { BeforeFirstWrite: true } failure && failure.Message.Contains("same server")).ShouldBe(
                refused
            );
        _source.Keys.Count.ShouldBe(refused ? 10 : 20);
    }

    [Fact]
    public async Task Run_SourceFollowsTheTarget_Refuses()
    {
        _source.Fill(10).Info = "role:slave\nmaster_replid:abc";
        _target.Info = "master_replid:abc";

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure!.Message.ShouldContain("is a replica of the target");
        _target.Count("FLUSHALL").ShouldBe(0);
    }

    [Fact]
    public async Task Run_FlushIsRefused_NothingWasWritten()
    {
        _source.Fill(1);
        _target.Fill(1);
        _target.Intercept = command => command.Name == "FLUSHALL" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
    }

    [Fact]
    public async Task Run_FlushIsNotAnswered_SomethingMayHaveBeenWritten()
    {
        _source.Fill(1);
        _target.Intercept = command => command.Name == "FLUSHALL" ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure!.BeforeFirstWrite.ShouldBeFalse();
    }

    [Fact]
    public async Task Run_SourceFileIsNoRdb_TargetIsNotEmptied()
    {
        _target.Fill(3);
        var path = _rig.InDirectory("dump.rdb");
        await File.WriteAllTextAsync(path, "no such thing as this", TestContext.Current.CancellationToken);

        var report = await _rig.RunAsync(
            new RdbFileEndpoint(path),
            _target.Endpoint,
            options => options with { FlushTarget = true }
        );

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain(path);
        _target.Keys.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Run_Retry_TriesTheNamedKeysAndAccountsForAll()
    {
        _source.Fill(10);
        _target.Set("key:2", "v");
        var list = _rig.InDirectory("retry.ndjson");
        await File.WriteAllLinesAsync(
            list,
            new[] { "key:1", "key:2", "gone" }.Select(key =>
                $$"""{"db":0,"key":"{{key}}","type":"string","size":1,"reason":"x"}"""
            ),
            TestContext.Current.CancellationToken
        );

        var report = await RunAsync(options => options with { RetryFile = list, ErrorsFile = list });

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, Expired: 1, Failed: 1));
        report.ErrorsFile.ShouldBe(_rig.InDirectory("retry.1.ndjson"));
        report.ResumeCommand.ShouldBe($"godwit migrate source target --retry {report.ErrorsFile}");
    }

    [Fact]
    public async Task Run_AnyFailure_LeavesNoExceptionUnobserved()
    {
        var unobserved = new List<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) => unobserved.Add(e.Exception);
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await Run_TargetClosesInTheMiddle_EndsWithTheCause(4);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        unobserved.Where(e => e.ToString().Contains("Godwit.Targets", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static bool IsKey(KeyCommand command) => !command.Key.StartsWith("godwit:", StringComparison.Ordinal);

    private static string Port(KeyServer server) => server.Endpoint.Port.ToString(CultureInfo.InvariantCulture);

    private Task<MigrationReport> RunAsync(Func<MigrationOptions, MigrationOptions>? change = null) =>
        _rig.RunAsync(_source.Endpoint, _target.Endpoint, change);

    private void ShouldBeEqual()
    {
        _target.Keys.Keys.ShouldBe(_source.Keys.Keys, ignoreOrder: true);
        foreach (var (id, value) in _source.Keys)
        {
            _target.Keys[id].Payload.ShouldBe(value.Payload);
            _target.Keys[id].ExpireAt.ShouldBe(value.ExpireAt);
        }
    }
}
